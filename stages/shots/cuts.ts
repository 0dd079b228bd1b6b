// Where one shot ends and another begins: a sudden, lasting change of colours and places.
import type { Picture } from '../../media/frame.ts';
import { difference, type Signature, signature } from './signature.ts';

const COLOURS = 0.11; // least change of the histogram at a cut
const PLACES = 0.07; // least change of the 16x16 raster
const OUTSTANDING = 2.4; // times the change between frames around it: a fast pan changes all the time
const QUIET = 1.2; // summed change (of 2 at the limits above) that is enough where it stands out this much:
const STRIKING = 7;
const AROUND = 3; // frames on either side that are looked at
const LASTING = 0.6; // share of the change that must remain from the frames behind to those ahead: a flash comes and goes

const SAME = 0.05; // change below which a frame repeats the one before: clips brought to a higher rate show each picture two or three times

/** Frames before the one under test, itself, and those after it. */
const WINDOW = 2 * AROUND + 2;

const change = (a: Signature, b: Signature): number => {
  const { colours, places } = difference(a, b);
  return colours / COLOURS + places / PLACES;
};

/** Whether `frames[at]` begins a shot, judged by what is known of the frames around it. */
const begins = (frames: readonly Signature[], at: number): boolean => {
  const before = frames[at - 1]!;
  const { colours, places } = difference(before, frames[at]!);
  const jump = colours / COLOURS + places / PLACES;
  const strong = colours >= COLOURS && places >= PLACES;
  if (!strong && jump < QUIET) return false;
  const others: number[] = [];
  for (let n = Math.max(1, at - AROUND); n <= Math.min(frames.length - 1, at + AROUND); n++) {
    if (n !== at) others.push(change(frames[n - 1]!, frames[n]!));
  }
  const usual = others.sort((a, b) => a - b)[others.length >> 1] ?? 0; // the median, so that a second cut near by does not count
  if (jump < (strong ? OUTSTANDING : STRIKING) * usual) return false;
  const here = frames[at]!;
  const lasts = (a: Signature, b: Signature): boolean => change(a, b) > LASTING * jump;
  const ahead = frames.slice(at + 1, at + AROUND);
  const behind = frames.slice(Math.max(0, at - AROUND), at - 1);
  return ahead.every(later => lasts(before, later)) && behind.every(earlier => lasts(earlier, here));
};

/** A picture of the clip and the frame at which it is first shown; repetitions are left out. */
type Shown = { readonly index: number; readonly signature: Signature };

/** Looks for cuts while frames come in. */
export type CutDetector = {
  /** Takes the next frame, of any size; returns the frames found to begin a shot, which may lie some frames back. */
  push(frame: Picture): number[];
  /** Ends the clip: returns the cuts among its last frames. */
  finish(): number[];
};

/**
 * Detects cuts frame by frame in constant memory (eight signatures of 800 numbers).
 * Flashes of up to two frames and fast pans are not taken for cuts; slow dissolves, and shots of one or two frames, are not found.
 */
export const cutDetector = (): CutDetector => {
  let shown: Shown[] = [];
  let count = 0; // frames pushed
  let tested = 1; // the first of `shown` not judged yet
  const judge = (until: number): number[] => {
    const frames = shown.map(({ signature }) => signature);
    const found: number[] = [];
    for (; tested < until; tested++) if (begins(frames, tested)) found.push(shown[tested]!.index);
    return found;
  };
  return {
    push: frame => {
      const next = { index: count++, signature: signature(frame) };
      const last = shown.at(-1);
      if (last && change(last.signature, next.signature) < SAME) return [];
      shown.push(next);
      const found = judge(shown.length - AROUND);
      if (shown.length > WINDOW) {
        shown = shown.slice(1);
        tested--;
      }
      return found;
    },
    finish: () => judge(shown.length),
  };
};

/** The frames that begin a new shot, in order; frame 0 is not among them. Frames may be as small as 16x16. */
export const detectCuts = async (frames: AsyncIterable<Picture> | Iterable<Picture>): Promise<number[]> => {
  const detector = cutDetector();
  const cuts: number[] = [];
  for await (const frame of frames) cuts.push(...detector.push(frame));
  return [...cuts, ...detector.finish()];
};
