// Half-precision matrices of large networks stay in memory as the file has them, and become float32 right before each product.
//
// onnxruntime computes what follows from constants once, when a session opens, and keeps the results: the float32 copy of every
// half-precision weight. An initializer that a caller may replace is no constant, so the cast behind it runs in every call, and the numbers
// themselves stay in the mapped file. Convolutions keep their copies: their kernels are laid out anew for speed, which constants alone are.
import { elements } from '../tensor.ts';
import { ELEMENT_BYTES, type TensorInfo } from '../weights/weight-source.ts';
import type { Derived } from './network-graph.ts';

/**
 * Numbers of weights from which on a network's matrices rest, on the CPU: Stable Diffusion's U-Nets and ControlNets, and SDXL's second text
 * encoder. A float32 copy would be 0.5 GB (a ControlNet) to 9 GB (SDXL's U-Net); making it anew in each call takes no measurable time of a
 * step (docs/performance.md).
 */
export const REST_FROM = 3e8;

const FLOAT32 = 4; // bytes

/** Whether a weight may rest: a matrix in half precision. */
export const mayRest = ({ dtype, dims }: TensorInfo): boolean => dims.length === 2 && (dtype === 'F16' || dtype === 'BF16');

/** How many numbers the weights have. */
export const numbersIn = (weights: readonly TensorInfo[]): number => weights.reduce((sum, { dims }) => sum + elements(dims), 0);

/** Bytes that an open session holds of these weights on the CPU; `derived` stand in the place of those that they are derived from. */
export const heldBytes = (weights: readonly TensorInfo[], derived: readonly Derived[] = []): number => {
  const rests = numbersIn(weights) >= REST_FROM ? mayRest : () => false;
  const replaced = new Set(derived.map(({ weight }) => weight.name));
  const left = weights.filter(({ name }) => !replaced.has(name));
  const instead = derived.reduce((sum, { dims, dtype }) => sum + ELEMENT_BYTES[dtype] * elements(dims), 0);
  return left.reduce((sum, info) => sum + (rests(info) ? info.length : FLOAT32 * elements(info.dims)), instead);
};
