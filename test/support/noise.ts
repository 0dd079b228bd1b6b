// Normal numbers for tests.
import { gaussian } from '../../models/math/random.ts';
import type { Tensor } from '../../models/tensor.ts';

/** Normal numbers that depend on the name alone. */
export const noise = (name: string, dims: readonly number[]): Tensor => gaussian({ seed: 7, purpose: name }, dims);
