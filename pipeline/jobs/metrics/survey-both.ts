// The first pass of `rerender metrics`: how many frames each clip has, and where the source is cut.
import { UsageError } from '../../../config/errors.ts';
import type { Options } from '../../../config/options.ts';
import type { Source } from '../../session/source.ts';
import type { Workshop } from '../../session/workshop.ts';
import type { Analysis } from '../../steps/analysis.ts';
import { planSurvey } from '../../strategies/survey.ts';
import { surveyHooks } from '../progress.ts';
import type { StageClock } from '../run-times.ts';
import type { Clips } from './couples.ts';

const COUNTING = { width: 16, height: 16 }; // pixels: frames are only counted

const countFrames = async (clip: Source, signal: AbortSignal): Promise<number> => {
  let count = 0;
  for await (const _ of clip.frames(COUNTING)) {
    signal.throwIfAborted();
    count++;
  }
  return count;
};

/**
 * @returns what is seen in the source
 * @throws UsageError when the clips differ in length, MediaError when the source has no frame
 */
export const surveyBoth = async (
  { source, output }: Clips,
  workshop: Workshop,
  options: Options,
  clock: StageClock,
  signal: AbortSignal,
): Promise<Analysis> => {
  const { plan, analysis } = planSurvey(options, source.info);
  const [seen, made] = await Promise.all([workshop.get({ options, plan }, analysis, surveyHooks(clock)), countFrames(output, signal)]);
  const frames = seen.times.length;
  if (frames !== made) {
    throw new UsageError(
      `${source.info.path} has ${frames} frames${source.whole ? '' : ' in the chosen part'} and ${output.info.path} has ${made}: ` +
        'both must have the same; choose the part of the source that was re-rendered with --frames a-b or --start and --end.',
    );
  }
  return seen;
};
