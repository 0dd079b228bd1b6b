// A picture's luma pulled along motion.
import { openArena } from '../kernels/arena.ts';
import { loadKernels } from '../kernels/load.ts';
import { whileSizeStays } from '../kernels/while-size-stays.ts';
import type { Plane } from '../vision/operators.ts';
import type { FlowKernels } from './kernels.ts';

const workspaceOf = whileSizeStays((width, height) => {
  const count = width * height;
  const regions = openArena(arena => ({ plane: arena.bytes(count), map: arena.floats(2 * count), out: arena.bytes(count) }));
  return { ...regions, kernels: loadKernels<FlowKernels>('flow', regions.memory) };
});

/** plane(p + map(p)), bilinear, border repeated; `map` is interleaved x, y in cells of the plane. */
export const follow = ({ width, height, data }: Plane, map: Float32Array): Plane => {
  const { kernels, plane, map: field, out } = workspaceOf(width, height);
  plane.data.set(data);
  field.data.set(map);
  kernels.follow(plane.at, field.at, width, height, out.at);
  return { width, height, data: out.data.slice() };
};
