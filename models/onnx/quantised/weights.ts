// Weights as whole numbers of 8 bits, each output with a scale of its own: w_o ~ t_o p_o, p_o in -127..127. Both follow from the
// checkpoint's weights alone, LoRAs included, and are computed once.
import type { Graph } from '../graph.ts';
import type { Derivation } from '../network-graph.ts';
import { most } from '../ops/arithmetic.ts';
import { reduce } from '../ops/contract.ts';
import type { Value } from '../value.ts';

const LARGEST = 127; // -128 has no counterpart
const LEAST_SCALE = 1e-30; // of an output without weights
const INT8 = 3; // TensorProto.DataType

/** A weight of k numbers for each output: p [k, out] of 8 bits, and t [out]. */
export type WholeNumbers = { readonly numbers: Value; readonly scales: Value };

/** t [out] of a weight [out, ...]: what its largest number is of 127. */
const scalesOf = (weight: Value): Value => {
  const out = weight.size(0);
  const axes = weight.dims.map((_, axis) => axis).slice(1);
  const ends = [reduce('Max', weight, axes), reduce('Min', weight, axes).mul(-1)];
  const largest = weight.graph.node('Max', ends, {}, ends[0]!).reshape(out);
  return most(largest.div(LARGEST), LEAST_SCALE);
};

/** p [k, out] of a weight [out, ...], the last axis first: of a convolution [out, c, taps] it is [taps c, out]. */
const numbersOf = (weight: Value): Value => {
  const g = weight.graph;
  const out = weight.size(0);
  const zeros = g.memo(`${out} zeros of 8 bits`, () =>
    g.node('Cast', [g.constant(Array<number>(out).fill(0))], { to: INT8 }, { dims: [out], dtype: 'int8' }),
  );
  const numbers = g.node('QuantizeLinear', [weight, scalesOf(weight), zeros], { axis: 0 }, { dims: weight.dims, dtype: 'int8' });
  const order = weight.dims.map((_, axis) => axis).reverse();
  return numbers.transpose(...order).reshape(-1, out);
};

/** Of a weight that no file holds. */
export const asWholeNumbers = (weight: Value): WholeNumbers => ({ numbers: numbersOf(weight), scales: scalesOf(weight) });

/** Of `weight` in the present scope, whose dims in the checkpoint are `dims`, read as `as`: [out, c] or [out, c, taps]. */
export const wholeWeights = (g: Graph, dims: readonly number[], as: readonly [number, ...number[]], reason?: string): WholeNumbers => {
  const [out, ...rest] = as;
  const length = rest.reduce((product, size) => product * size, 1);
  const derived = (derivation: Omit<Derivation, 'as'>): Value => g.derived('weight', dims, reason, { as, ...derivation });
  return {
    numbers: derived({ how: 'whole numbers', dims: [length, out], dtype: 'I8', compute: numbersOf }),
    scales: derived({ how: 'scales of whole numbers', dims: [out], compute: scalesOf }),
  };
};
