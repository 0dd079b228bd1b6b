// The first pass of `rerender metrics`: how many frames each clip has, and where the source is cut.
import { UsageError } from '../../config/errors.ts';
import { MediaError } from '../../media/errors.ts';
import { type Survey, surveyFrames } from '../../stages/shots/survey.ts';
import { analysisSize } from '../analyse.ts';
import type { StageClock } from '../run-times.ts';
import type { Source } from '../source.ts';
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
 * @returns how many frames the source has, and what is seen in it
 * @throws UsageError when the clips differ in length, MediaError when the source has no frame
 */
export const survey = async (
  { source, output }: Clips,
  clock: StageClock,
  signal: AbortSignal,
): Promise<{ frames: number; seen: Survey }> => {
  clock.start('analyse');
  let frames = 0;
  const watched = async function* () {
    for await (const frame of source.frames(analysisSize(source.info))) {
      signal.throwIfAborted();
      clock.progress('analyse', ++frames, Math.max(frames, source.info.video.frames ?? 0), 'frames');
      yield frame;
    }
  };
  const [seen, made] = await Promise.all([surveyFrames(watched()), countFrames(output, signal)]);
  if (frames === 0)
    throw new MediaError('NO_FRAMES', `${source.info.path} has no frame in the chosen part: check --start, --end and --frames.`);
  if (frames !== made) {
    throw new UsageError(
      `${source.info.path} has ${frames} frames${source.whole ? '' : ' in the chosen part'} and ${output.info.path} has ${made}: ` +
        'both must have the same; choose the part of the source that was re-rendered with --frames a-b or --start and --end.',
    );
  }
  clock.done('analyse');
  return { frames, seen };
};
