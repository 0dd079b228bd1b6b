// Growing and blurring of whole masks by the kernels, in memory that is kept while the size stays.
import { openArena } from '../kernels/arena.ts';
import { loadKernels } from '../kernels/load.ts';

/** What kernels/keyframes.ts exports; the sources there say what each does. */
type KeyframeKernels = {
  maxAround(from: number, width: number, height: number, reach: number, rows: number, out: number): void;
  blur(from: number, width: number, height: number, weights: number, reach: number, rows: number, out: number): void;
};

const open = (width: number, height: number, taps: number) => {
  const count = width * height;
  const regions = openArena(arena => ({
    weights: arena.doubles(taps),
    mask: arena.floats(count),
    grown: arena.floats(count),
    blurred: arena.floats(count),
    rows: arena.doubles(count),
  }));
  return { ...regions, width, height, kernels: loadKernels<KeyframeKernels>('keyframes', regions.memory) };
};

let opened: ReturnType<typeof open> | undefined;

/**
 * A mask grown to the maximum over a square of `reach` pixels to every side, clipped at the border, then blurred by weights over as many
 * pixels, mirrored at the border: rows, then columns, in float64.
 * @param weights 2 reach + 1 of them, the same for every call
 * @returns a view that the next call overwrites
 */
export const grownAndBlurred = (mask: Float32Array, width: number, height: number, weights: readonly number[]): Float32Array => {
  if (opened?.width !== width || opened.height !== height) opened = open(width, height, weights.length);
  const { kernels, weights: table, mask: from, grown, blurred, rows } = opened;
  const reach = (weights.length - 1) / 2;
  table.data.set(weights);
  from.data.set(mask);
  kernels.maxAround(from.at, width, height, reach, rows.at, grown.at);
  kernels.blur(grown.at, width, height, table.at, reach, rows.at, blurred.at);
  return blurred.data;
};
