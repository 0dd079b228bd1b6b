// Dissolves: one shot fading into another, when every frame between is a mixture of the frames at the ends.
import type { Signature } from './signature.ts';

/** Frames first..last are a mixture; the frame before them is the old shot alone, the one after them the new one. */
export type Dissolve = { readonly first: number; readonly last: number };

const LENGTHS = [5, 7, 10, 14, 20, 28, 40] as const; // frames from end to end that are tried
const PLACES = 0.05; // least mean change of the 16x16 raster from end to end, of 1
const ALIKE = 0.5; // correlation of the ends above which the scene is the same: light that changes, slow pans
const FLAT = 6; // levels: standard deviation of a raster that shows nothing, so that fading out begins no shot
// How far a frame may be off the way from end to end, as a share of what motion strays at least: pictures whose energy stays the same walk
// along an arc, of an angle phi with cos phi = the correlation of the ends, and its middle is tan(phi / 4) / 2 of the chord off;
// a mixture walks along the chord.
const STRAY = 0.7;
const STEP = 0.45; // largest part of the way between two frames; a cut goes all of it at once
const SETTLED = 0.1; // part of the way within which an end counts as reached: shots move on, too
const BACK = 0.06; // part of the way that a frame may go back

type Raster = Float32Array;

/** A raster less the mean of each channel, and its standard deviation in levels. */
const centred = (r: Raster): { values: Raster; std: number } => {
  const mean = [0, 0, 0];
  for (let p = 0; p < r.length; p++) mean[p % 3] = mean[p % 3]! + (3 * r[p]!) / r.length;
  const values = r.map((v, p) => v - mean[p % 3]!);
  return { values, std: Math.sqrt(values.reduce((sum, v) => sum + v * v, 0) / r.length) };
};

/** Correlation of two pictures about their mean colours; 0 when one of them shows nothing. Undefined when `b` shows nothing. */
const correlation = (a: Raster, b: Raster): number | undefined => {
  const [x, y] = [centred(a), centred(b)];
  if (y.std < FLAT) return undefined;
  if (x.std < FLAT) return 0;
  let sum = 0;
  for (let p = 0; p < a.length; p++) sum += x.values[p]! * y.values[p]!;
  return sum / (a.length * x.std * y.std);
};

/** How far a frame is on the way from a to b, and how far off the way, both in units of the way. */
const onTheWay = (r: Raster, a: Raster, b: Raster): { part: number; stray: number } => {
  let [along, way] = [0, 0];
  for (let p = 0; p < r.length; p++) {
    along += (r[p]! - a[p]!) * (b[p]! - a[p]!);
    way += (b[p]! - a[p]!) ** 2;
  }
  const part = along / way;
  let off = 0;
  for (let p = 0; p < r.length; p++) off += (r[p]! - a[p]! - part * (b[p]! - a[p]!)) ** 2;
  return { part, stray: Math.sqrt(off / way) };
};

type Candidate = Dissolve & { readonly way: number };

/** Whether the rasters from the first to the last are a dissolve; with its own ends, counted from the first. */
const mixture = (rasters: readonly Raster[]): Candidate | undefined => {
  const [a, b] = [rasters[0]!, rasters.at(-1)!];
  let way = 0;
  for (let p = 0; p < a.length; p++) way += Math.abs(b[p]! - a[p]!);
  way /= 255 * a.length;
  if (way < PLACES) return undefined;
  const alike = correlation(a, b);
  if (alike === undefined || alike > ALIKE) return undefined;
  const limit = STRAY * 0.5 * Math.tan(Math.acos(Math.max(-1, alike)) / 4);
  const parts = [0];
  for (const r of rasters.slice(1)) {
    const { part, stray } = onTheWay(r, a, b);
    const gone = part - parts.at(-1)!;
    if (stray > limit || gone > STEP || gone < -BACK) return undefined;
    parts.push(part);
  }
  const first = parts.findIndex(part => part > SETTLED);
  const last = parts.findLastIndex(part => part < 1 - SETTLED);
  return last - first < 1 ? undefined : { first, last, way };
};

/** Finds dissolves frame by frame in constant memory (41 rasters). Each call returns the dissolves that are over and certain. */
export const dissolveDetector = () => {
  const longest = LENGTHS[LENGTHS.length - 1]!;
  let recent: Raster[] = [];
  let count = 0;
  let open: Candidate | undefined;
  const settle = (until: number): Dissolve[] => {
    if (!open || open.last + longest / 4 > until) return [];
    const { first, last } = open;
    open = undefined;
    recent = recent.slice(-Math.max(1, count - 1 - last)); // the next one begins after it
    return [{ first, last }];
  };
  return {
    push: ({ raster }: Signature): Dissolve[] => {
      recent.push(raster);
      if (recent.length > longest + 1) recent = recent.slice(1);
      const at = count++;
      for (const length of LENGTHS) {
        if (length >= recent.length) break;
        const found = mixture(recent.slice(-length - 1));
        if (found && (!open || found.way > 1.02 * open.way)) {
          open = { first: at - length + found.first, last: at - length + found.last, way: found.way };
        }
      }
      return settle(at);
    },
    finish: (): Dissolve[] => settle(Number.POSITIVE_INFINITY),
  };
};
