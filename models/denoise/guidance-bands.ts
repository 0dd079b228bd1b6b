// Frequency-decoupled guidance (Sadat et al. 2025, arXiv 2506.19713): the difference that guidance adds, parted into low and high
// frequencies by one level of a Laplacian pyramid, each with a weight of its own.

/** Weights of the low and of the high frequencies. */
export type GuidanceBands = { readonly low: number; readonly high: number };

const BLUR = [1 / 16, 4 / 16, 6 / 16, 4 / 16, 1 / 16] as const;

/** Mirrors a place into 0 .. n - 1, the edge not repeated: -1 is 1. */
const mirrored = (i: number, n: number): number => {
  if (n === 1) return 0;
  const period = 2 * (n - 1);
  const at = ((i % period) + period) % period;
  return at < n ? at : period - at;
};

/** A plane [h, w] and its sides. */
type Plane = { readonly data: Float64Array; readonly height: number; readonly width: number };

/** A plane whose rows, or columns, are each a sum of weighted rows of another: the n of them that `of` names for each. */
const combined = (
  { data, height, width }: Plane,
  axis: 'rows' | 'columns',
  count: number,
  of: (i: number) => readonly (readonly [place: number, weight: number])[],
): Plane => {
  const [tall, wide] = axis === 'rows' ? [count, width] : [height, count];
  const out = new Float64Array(tall * wide);
  for (let i = 0; i < count; i++) {
    for (const [place, weight] of of(i)) {
      if (axis === 'rows') for (let x = 0; x < wide; x++) out[i * wide + x]! += weight * data[place * width + x]!;
      else for (let y = 0; y < tall; y++) out[y * wide + i]! += weight * data[y * width + place]!;
    }
  }
  return { data: out, height: tall, width: wide };
};

const both = (
  plane: Plane,
  size: (n: number) => number,
  of: (n: number) => (i: number) => readonly (readonly [number, number])[],
): Plane => {
  const rows = combined(plane, 'rows', size(plane.height), of(plane.height));
  return combined(rows, 'columns', size(plane.width), of(plane.width));
};

const blurred = (plane: Plane): Plane =>
  both(
    plane,
    n => n,
    n => i => BLUR.map((weight, k) => [mirrored(i + k - 2, n), weight] as const),
  );

/** Half the size: means of two; of an odd side the last stands alone. */
const halved = (plane: Plane): Plane =>
  both(
    plane,
    n => Math.ceil(n / 2),
    n => i => [
      [2 * i, 1 / 2],
      [Math.min(2 * i + 1, n - 1), 1 / 2],
    ],
  );

/** Twice the size, at most `height` x `width`, linear between pixel centres, the edge beyond the outermost. */
const doubled = (plane: Plane, { height, width }: Pick<Plane, 'height' | 'width'>): Plane => {
  const of = (n: number) => (i: number) => {
    const near = Math.floor(i / 2);
    const far = Math.min(Math.max(near + (i % 2 === 0 ? -1 : 1), 0), n - 1);
    return [
      [near, 3 / 4],
      [far, 1 / 4],
    ] as const;
  };
  const rows = combined(plane, 'rows', height, of(plane.height));
  return combined(rows, 'columns', width, of(plane.width));
};

/**
 * The low frequencies of a plane [h, w], blur(double(halve(blur(x)))), with the blur [1 4 6 4 1]/16 in both directions: Burt and Adelson's
 * pyramid as kornia has it, which the authors use. What is left, x less this, is the high band: both together are x.
 */
export const lowBand = (data: Float64Array, height: number, width: number): Float64Array => {
  const small = halved(blurred({ data, height, width }));
  return blurred(doubled(small, { height, width })).data;
};

/**
 * negative + low L + high H for each plane of the outputs [n, ..., h, w], where L and H are the low and the high band of prompt - negative.
 */
export const guideBands = (
  negative: Float32Array,
  prompt: Float32Array,
  dims: readonly number[],
  { low, high }: GuidanceBands,
): Float32Array => {
  const [height = 1, width = 1] = dims.slice(-2);
  const size = height * width;
  const out = new Float32Array(negative.length);
  for (let from = 0; from < out.length; from += size) {
    const difference = Float64Array.from({ length: size }, (_, p) => prompt[from + p]! - negative[from + p]!);
    const lows = lowBand(difference, height, width);
    for (let p = 0; p < size; p++) out[from + p] = negative[from + p]! + low * lows[p]! + high * (difference[p]! - lows[p]!);
  }
  return out;
};
