// What the small kernels of the flow work on, one after another: each memory reserves gigabytes of addresses, so they share one.
import { openArena } from '../kernels/arena.ts';
import { loadKernels } from '../kernels/load.ts';
import { whileSizeStays } from '../kernels/while-size-stays.ts';
import type { FlowKernels } from './kernels.ts';

/** Regions for fields and planes of a grid, and the kernels. Nothing in them outlives a call. */
export const workspaceOf = whileSizeStays((width, height) => {
  const count = width * height;
  const regions = openArena(arena => ({
    fields: [0, 1].map(() => arena.floats(2 * count)),
    planes: [0, 1].map(() => arena.bytes(count)),
    out: arena.bytes(count),
    whole: arena.bytes(4 * 3 * count), // a picture of twice the size, RGB
    lumas: arena.bytes(4 * count),
    colours: arena.bytes(3 * count),
    still: arena.floats(count),
    moved: arena.floats(count),
    rows: arena.floats(count),
    sums: arena.floats(width),
    means: arena.floats(count),
  }));
  const [[field, back], [key, frame]] = [regions.fields, regions.planes];
  const { out, whole, lumas, colours, still, moved, rows, sums, means } = regions;
  const kernels = loadKernels<FlowKernels>('flow', regions.memory);
  return { field: field!, back: back!, key: key!, frame: frame!, out, whole, lumas, colours, still, moved, rows, sums, means, kernels };
});
