// A picture's luma pulled along motion.
import type { Plane } from '../vision/operators.ts';
import { workspaceOf } from './workspace.ts';

/** plane(p + map(p)), bilinear, border repeated; `map` is interleaved x, y in cells of the plane. */
export const follow = ({ width, height, data }: Plane, map: Float32Array): Plane => {
  const { kernels, key, field, out } = workspaceOf(width, height);
  key.data.set(data);
  field.data.set(map);
  kernels.follow(key.at, field.at, width, height, out.at);
  return { width, height, data: out.data.slice() };
};
