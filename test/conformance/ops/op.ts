// What the operators of Rerender A Video have in common as cases: a function from a case to named results.
import { type Tensor, tensor } from '../../../models/tensor.ts';
import { type Case, floats } from '../case.ts';
import type { Numbers } from '../tensors.ts';

/** Options beside `op` that the operator knows, and its computation. */
export type Op = {
  readonly options: Readonly<Record<string, 'number' | 'any' | readonly unknown[]>>;
  readonly run: (c: Case) => Record<string, Numbers>;
};

export const number = (c: Case, name: string): number => Number(c.options[name]);

/** Rows of `options.cases`, which the operators on plain numbers take. */
export const rows = <T extends readonly unknown[]>(c: Case): readonly T[] => c.options.cases as readonly T[];

/** Two planes x, y as interleaved pairs. */
export const flow = (c: Case, name: string): Float32Array => {
  const { data } = floats(c, name);
  return data.map((_, i) => data[(i % 2) * (data.length / 2) + (i >> 1)]!);
};

/** [h, w, channels] as planes [channels, h, w]. */
export const planar = ({ dims, data }: Tensor): Tensor => {
  const [h = 1, w = 1, n = 1] = dims;
  return tensor(
    [n, h, w],
    data.map((_, i) => data[(i % (h * w)) * n + Math.floor(i / (h * w))]!),
  );
};

/** The inverse of `planar`. */
export const pixels = ({ dims, data }: Tensor): Tensor => {
  const [n = 1, h = 1, w = 1] = dims;
  return tensor(
    [h, w, n],
    data.map((_, i) => data[(i % n) * h * w + Math.floor(i / n)]!),
  );
};

export const integers = (values: readonly number[], dims: readonly number[]): Numbers => ({
  dims,
  data: BigInt64Array.from(values, BigInt),
});
