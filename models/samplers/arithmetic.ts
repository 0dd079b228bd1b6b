// Sums of tensors, and what an output of the network stands for.
import { type Tensor, tensor } from '../tensor.ts';
import type { Prediction } from './schedule.ts';

/** A tensor and what it is multiplied with. */
export type Term = readonly [coefficient: number, x: Tensor];

/** c1 x1 + c2 x2 + ..., summed in double precision; a term with the coefficient 0 is left out, whatever its tensor holds. */
export const blend = (first: Term, ...others: readonly Term[]): Tensor => {
  const [second, ...more] = others;
  if (second && more.length === 0 && first[0] !== 0 && second[0] !== 0) return ofTwo(first, second);
  const { length } = first[1].data;
  if (scratch.length < length) scratch = new Float64Array(length);
  const sums = scratch.subarray(0, length).fill(0);
  for (const [c, x] of [first, ...others]) if (c !== 0) addTo(sums, c, x.data);
  return tensor(first[1].dims, new Float32Array(sums));
};

/** The same of two terms, as most are: in one pass. */
const ofTwo = ([a, { dims, data: x }]: Term, [b, { data: y }]: Term): Tensor => {
  const out = tensor(dims);
  const to = out.data;
  for (let i = 0; i < to.length; i++) to[i] = 0 + a * x[i]! + b * y[i]!; // 0 +: no sum is -0
  return out;
};

/** Sums in progress, for all calls: of large arrays that live shortly the garbage collector has most to do. */
let scratch = new Float64Array(0);

/** A loop over two arrays alone: three times as fast as one that walks the terms for each number. */
const addTo = (sums: Float64Array, c: number, data: Float32Array): void => {
  for (let i = 0; i < sums.length; i++) sums[i]! += c * data[i]!;
};

/**
 * The clean sample and the noise that an output of the network stands for, given x = sqrt(a) x0 + sqrt(1 - a) eps, a = `alphaBar`:
 * - `epsilon`: eps is the output, x0 = (x - sqrt(1 - a) eps) / sqrt(a)
 * - `v_prediction`: x0 = sqrt(a) x - sqrt(1 - a) v, eps = sqrt(a) v + sqrt(1 - a) x (Salimans & Ho 2022)
 * - `sample`: x0 is the output, eps = (x - sqrt(a) x0) / sqrt(1 - a) All tensors have the shape of x.
 */
export const interpret = (prediction: Prediction, x: Tensor, output: Tensor, alphaBar: number): { denoised: Tensor; eps: Tensor } => {
  const [a, s] = [Math.sqrt(alphaBar), Math.sqrt(1 - alphaBar)];
  switch (prediction) {
    case 'epsilon':
      return { denoised: quotient(x, s, output, a), eps: output };
    case 'v_prediction':
      return { denoised: blend([a, x], [-s, output]), eps: blend([a, output], [s, x]) };
    case 'sample':
      return { denoised: output, eps: quotient(x, a, output, s) };
  }
};

/** (x - c y) / d */
const quotient = (x: Tensor, c: number, y: Tensor, d: number): Tensor => {
  const out = tensor(x.dims);
  for (let i = 0; i < out.data.length; i++) out.data[i] = (x.data[i]! - c * y.data[i]!) / d;
  return out;
};

/**
 * The forward process: a clean sample noised to a level, sqrt(alphaBar) clean + sqrt(1 - alphaBar) noise (Ho et al. 2020, eq. 4).
 * @param alphaBar the level, cumulative; 1 is without noise
 */
export const addNoise = (clean: Tensor, noise: Tensor, alphaBar: number): Tensor =>
  blend([Math.sqrt(alphaBar), clean], [Math.sqrt(1 - alphaBar), noise]);
