// What settings mean for the clip, in the page's terms: frames are numbered as the clip has them.
import { commandOf } from '../../config/command.ts';
import { OPTION_NAMES } from '../../config/layers.ts';
import type { Options } from '../../config/options.ts';
import { summarise } from '../../pipeline/jobs/summary.ts';
import { settledOf } from '../../pipeline/session/request.ts';
import { chosenAnchors, seedsOf } from '../../pipeline/strategies/places.ts';
import type { PlanInfo, Values } from '../api.ts';
import { freeOutput } from './free-output.ts';
import type { Pace } from './pace.ts';
import { toClip } from './places.ts';
import type { Uploads } from './uploads.ts';
import type { Work } from './work.ts';

/** The key frames that are their shots' anchors, refreshed ones left out. */
const anchorsOf = ({ job: { planned, survey } }: Work): number[] => {
  if (planned.strategy === 'windows') return [];
  const chosen = chosenAnchors(planned.options, survey, planned.shots);
  return planned.shots.map(({ first, last }) => chosen.find(frame => frame >= first && frame <= last) ?? first);
};

/** The options as pages have them: frames are the clip's, pictures that were dropped on the page have their ids. */
const valuesOf = (options: Options, from: number, { idOf }: Uploads): Values => {
  const { keyframe = [], ...placed } = toClip(options, from);
  const named = keyframe.map(entry => {
    const at = entry.indexOf('=');
    return `${entry.slice(0, at)}=${idOf(entry.slice(at + 1)) ?? entry.slice(at + 1)}`;
  });
  const { anchorImage } = options;
  const pictures = { keyframe: named, ...(anchorImage !== undefined && { anchorImage: idOf(anchorImage) ?? anchorImage }) };
  return { ...Object.fromEntries(OPTION_NAMES.map(name => [name, options[name]])), ...placed, ...pictures };
};

export const planInfo = async (work: Work, pace: Pace, uploads: Uploads): Promise<PlanInfo> => {
  const { request, job, from } = work;
  const { planned, survey, session } = job;
  const [settled, summary, output] = await Promise.all([settledOf(request), summarise(job, pace.measured()), freeOutput(request)]);
  const { width, height } = session.source.size;
  const shifted = ({ first, last }: { readonly first: number; readonly last: number }) => ({ first: first + from, last: last + from });
  const { unetCalls, unetCallsCached, propagated, propagatedCached, seconds, bank } = summary.work;
  return {
    strategy: planned.strategy,
    width,
    height,
    frames: survey.times.length,
    from,
    shots: planned.shots.map(shifted),
    keyframes: planned.keyframes.map(({ frame }) => frame + from),
    anchors: anchorsOf(work).map(frame => frame + from),
    supplied: planned.keyframes.flatMap(({ frame, supplied }) => (supplied ? [frame + from] : [])),
    seeds: Object.fromEntries([...seedsOf(settled.options, survey)].map(([frame, seed]) => [frame + from, seed])),
    only: planned.only?.map(shifted) ?? [],
    values: valuesOf(settled.options, from, uploads),
    command: commandOf(request.input, output, settled),
    output,
    work: {
      unetCalls,
      unetCallsCached,
      propagated,
      propagatedCached,
      ...(seconds && { seconds: seconds.total }),
      memory: process.memoryUsage.rss() + (bank ? Math.min(bank.each * bank.atOnce, settled.options.bankMemory * 2 ** 20) : 0),
    },
  };
};
