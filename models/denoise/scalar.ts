// A number as a graph's scalar input.
import { type Tensor, tensor } from '../tensor.ts';

export const scalar = (value: number): Tensor => tensor([], Float32Array.of(value));
