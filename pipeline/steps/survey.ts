// Looks through the clip once: how many frames it really has, when each is shown, and where it is cut.
import { MediaError } from '../../media/errors.ts';
import { lastFrameDuration } from '../../media/last-frame.ts';
import type { Size } from '../../media/size.ts';
import { surveyFrames } from '../../stages/shots/survey.ts';
import { params } from '../graph/step.ts';
import type { Footage } from './held.ts';
import { analysisPort } from './ports.ts';
import { step } from './step.ts';

/** Share of a container's frames that edit lists may hide before it counts as damage. */
const TOLERATED = 0.02;

/** Short side, pixels, at which cuts are looked for. */
const ANALYSIS_SIDE = 96;

/** The size that a clip is looked through at. */
export const analysisSize = ({ width, height }: { width: number; height: number }) => {
  const k = Math.min(1, ANALYSIS_SIDE / Math.min(width, height));
  return { width: Math.max(8, Math.round((width * k) / 8) * 8), height: Math.max(8, Math.round((height * k) / 8) * 8) };
};

/** Where the file does not say how long the last frame is shown, it is as long as the others on average. */
const shownLast = async (times: readonly number[], { info, ffmpeg }: Footage, signal: AbortSignal): Promise<number> => {
  const average = times.length > 1 ? (times.at(-1)! - times[0]!) / (times.length - 1) : 1 / info.rate;
  return (await lastFrameDuration(info, ffmpeg, times.at(-1)!, signal)) ?? average;
};

const warnOfLoss = (source: Footage, frames: number): void => {
  const promised = source.whole ? (source.info.video.frames ?? 0) : 0;
  if (promised - frames <= Math.max(2, promised * TOLERATED)) return;
  source.warn(`${source.info.path} is cut short or damaged: ${frames} of ${promised} frames can be decoded, and those are re-rendered`);
};

/** @throws MediaError when not one frame can be decoded */
export const survey = step({
  name: 'survey',
  version: 5,
  stage: 'shots',
  resource: 'cpu',
  reads: [],
  uses: ['footage'],
  params: params<{ readonly size: Size }>(),
  inputs: {},
  outputs: { analysis: { port: analysisPort, keep: 'cache' } },
  run: async ({ params: { size }, use: { footage }, progress, signal }) => {
    const total = footage.expected;
    const times: number[] = [];
    const watched = async function* () {
      for await (const frame of footage.frames(size, { purpose: 'the whole clip' })) {
        signal.throwIfAborted();
        times.push(frame.time);
        progress(times.length, Math.max(total, times.length));
        yield frame;
      }
    };
    const found = await surveyFrames(watched());
    if (times.length !== total) progress(times.length, times.length); // what the file says is no promise
    if (times.length === 0) {
      throw new MediaError(
        'NO_FRAMES',
        `${footage.info.path} has no frame in the chosen part: check --start, --end and --frames, or play the file.`,
      );
    }
    warnOfLoss(footage, times.length);
    return { analysis: { times, warnings: [...footage.warnings], ...found, lastFrame: await shownLast(times, footage, signal) } };
  },
});
