// One pass over small frames finds a clip's cuts, its dissolves, and how much changes from frame to frame.
import type { Picture } from '../../media/frame.ts';
import { changeMeter } from './change.ts';
import { cutDetector } from './cuts.ts';
import { type Dissolve, dissolveDetector } from './dissolves.ts';
import { signature } from './signature.ts';

/** What one pass over a clip tells of its shots. */
export type Survey = {
  /** Frames that begin a new shot, rising: after a cut, and after a dissolve. The first frame of the clip is not among them. */
  readonly cuts: readonly number[];
  readonly dissolves: readonly Dissolve[];
  /** Change from the frame before, one number a frame; 1 is worth a key frame. */
  readonly changes: readonly number[];
};

/** Thousandths are enough, and the same on every machine. */
const rounded = (x: number): number => Math.round(1000 * x) / 1000;

/**
 * Finds cuts, dissolves and how much changes from frame to frame, in one pass.
 * @param frames in order; may be as small as 16x16 and should be near 100 pixels. Memory does not grow but for one number a frame
 */
export const surveyFrames = async (frames: AsyncIterable<Picture> | Iterable<Picture>): Promise<Survey> => {
  const detector = cutDetector();
  const fades = dissolveDetector();
  const meter = changeMeter();
  const cuts: number[] = [];
  const dissolves: Dissolve[] = [];
  const changes: number[] = [];
  for await (const frame of frames) {
    changes.push(rounded(meter(frame)));
    const found = detector.push(frame);
    cuts.push(...found);
    dissolves.push(...fades.push(signature(frame)));
  }
  cuts.push(...detector.finish());
  dissolves.push(...fades.finish());
  // A cut within what looks like a dissolve is a cut; a dissolve begins a shot where the new picture stands alone.
  const real = dissolves.filter(({ first, last }) => !cuts.some(cut => cut >= first - 1 && cut <= last + 1));
  const begins = real.map(({ last }) => last + 1).filter(frame => frame < changes.length);
  return { cuts: [...cuts, ...begins].sort((a, b) => a - b), dissolves: real, changes };
};
