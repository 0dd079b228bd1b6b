// What settings mean for the clip, in the page's terms: frames are numbered as the clip has them.
import { OPTION_NAMES } from '../../config/layers.ts';
import { summarise } from '../../pipeline/jobs/summary.ts';
import { settledOf } from '../../pipeline/session/request.ts';
import type { PlanInfo } from '../api.ts';
import { commandOf } from './command.ts';
import { freeOutput } from './free-output.ts';
import type { Pace } from './pace.ts';
import type { Work } from './work.ts';

export const planInfo = async ({ request, job, from }: Work, pace: Pace): Promise<PlanInfo> => {
  const { planned, survey, session } = job;
  const [settled, summary, output] = await Promise.all([settledOf(request), summarise(job, pace.measured()), freeOutput(request)]);
  const { width, height } = session.source.size;
  const shifted = ({ first, last }: { readonly first: number; readonly last: number }) => ({ first: first + from, last: last + from });
  const { unetCalls, unetCallsCached, propagated, propagatedCached, seconds } = summary.work;
  return {
    strategy: planned.strategy,
    width,
    height,
    frames: survey.times.length,
    from,
    shots: planned.shots.map(shifted),
    keyframes: planned.keyframes.map(({ frame }) => frame + from),
    parts: planned.parts.map(shifted),
    values: Object.fromEntries(OPTION_NAMES.map(name => [name, settled.options[name]])),
    command: commandOf(request.input, output, settled),
    output,
    work: {
      unetCalls,
      unetCallsCached,
      propagated,
      propagatedCached,
      ...(seconds && { seconds: seconds.total }),
      memory: process.memoryUsage.rss(),
    },
  };
};
