// What a network wants of its checkpoint, without one.
import { elements } from '../tensor.ts';
import type { WeightSource } from './weight-source.ts';

/** Dims by name. */
export type Shapes = Map<string, readonly number[]>;

/** The names and dims that a network asks of its checkpoint. */
export const shapesOf = (build: (weights: WeightSource) => unknown): Shapes => {
  const shapes: Shapes = new Map();
  build({
    label: 'any',
    names: () => [],
    find: (name, dims) => {
      shapes.set(name, dims);
      return { name, dtype: 'F32', dims, file: '/any', offset: 0, length: 4 * elements(dims) };
    },
  });
  return shapes;
};
