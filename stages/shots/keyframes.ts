// Which frames are drawn: every shot's first and last, and between them one at least every K frames, or as the picture changes.

/** A run of frames between two cuts, both ends included. */
export type Shot = { readonly first: number; readonly last: number };

/**
 * The shots of a clip of `frames` frames.
 * @param cuts frames that begin a new shot, as `surveyFrames` finds them
 */
export const shotsOf = (frames: number, cuts: readonly number[]): Shot[] => {
  const starts = [...new Set([0, ...cuts])].filter(cut => cut >= 0 && cut < frames).sort((a, b) => a - b);
  return starts.map((first, i) => ({ first, last: (starts[i + 1] ?? frames) - 1 }));
};

/** How far apart key frames are: a number of frames, or by what changes, within bounds. */
export type Spacing = number | { readonly least: number; readonly most: number };

/** What is known of a clip beside its shots. */
export type Course = {
  /** Change of each frame from the one before; 1 is worth a key frame (see `changeMeter`). Needed for a spacing by change. */
  readonly changes?: readonly number[];
  /** First frames of dissolves: key frames, too, so that what goes over into the next shot hangs on the last picture that was whole. */
  readonly stops?: readonly number[];
};

const whole = (value: number): boolean => Number.isInteger(value) && value >= 1;

/** The ends of runs without a stop, each the first of the next. */
const runsOf = ({ first, last }: Shot, stops: readonly number[]): Shot[] => {
  const ends = [first, ...stops.filter(stop => stop > first && stop < last), last];
  return ends.length === 2 && first === last ? [{ first, last }] : ends.slice(1).map((end, i) => ({ first: ends[i]!, last: end }));
};

const even = ({ first, last }: Shot, interval: number): number[] => {
  const gaps = Math.ceil((last - first) / interval);
  return Array.from({ length: gaps }, (_, i) => first + Math.round((i * (last - first)) / gaps));
};

const ROUNDING = 1e-6; // of sums of changes

/**
 * A key frame wherever an even part of the run's whole change has gone by;
 * at least `least` and at most `most` frames apart but for the last gap.
 */
const byChange = ({ first, last }: Shot, { least, most }: { least: number; most: number }, changes: readonly number[]): number[] => {
  const upTo = [0]; // change from the run's first frame
  for (let frame = first + 1; frame <= last; frame++) upTo.push(upTo.at(-1)! + (changes[frame] ?? 0));
  const total = upTo.at(-1)!;
  const portion = total / Math.max(1, Math.ceil(total - ROUNDING));
  const keys = first < last ? [first] : [];
  for (let frame = first + least; frame < last; frame++) {
    const key = keys.at(-1)!;
    if (frame - key < least) continue;
    // The change up to the next frame counts: a key frame stands before what it cannot show.
    const gone = upTo[frame + 1 - first]! - upTo[key - first]!;
    if (gone > portion + ROUNDING || frame - key >= most) keys.push(frame);
  }
  if (keys.length > 1 && last - keys.at(-1)! < least && last - keys.at(-2)! <= most) keys.pop(); // the last frame is near enough
  return keys;
};

/**
 * Key frames in order. A shot's first and last frame are key frames, so that every frame between has a neighbour on either side. With a
 * number for spacing, keys are at most that far apart and spread evenly, which takes no more of them than steps of that length would;
 * otherwise they lie close where much moves or comes into view, and `most` apart where nothing does.
 * @throws RangeError for a spacing that is not of whole numbers from 1, the least not above the most
 */
export const chooseKeyframes = (shots: readonly Shot[], spacing: Spacing, { changes = [], stops = [] }: Course = {}): number[] => {
  const { least, most } = typeof spacing === 'number' ? { least: 1, most: spacing } : spacing;
  if (!whole(least) || !whole(most) || least > most)
    throw new RangeError(`key frames: interval must be a whole number from 1, got ${least === 1 ? most : `${least} to ${most}`}`);
  const inside = (run: Shot): number[] => (typeof spacing === 'number' ? even(run, spacing) : byChange(run, spacing, changes));
  return shots.flatMap(shot => [...runsOf(shot, stops).flatMap(inside), shot.last]);
};
