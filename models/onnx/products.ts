// Counts the multiplications of a graph: the share of its work that a CPU's time follows, the same on every machine.
import { type Dim, product, type Sizes, sizeOf } from './dims.ts';
import type { Value } from './value.ts';

/** An operator with what it reads and makes. */
export type Call = { readonly op: string; readonly inputs: readonly (Value | undefined)[]; readonly outputs: readonly Value[] };

/** The length of the sums that an operator makes for each number that it yields. */
const lengthOf: Readonly<Record<string, (inputs: readonly (Value | undefined)[]) => readonly Dim[]>> = {
  Conv: ([, weight]) => weight!.dims.slice(1),
  Gemm: ([a]) => [a!.dim(-1)],
  MatMul: ([a]) => [a!.dim(-1)],
  DynamicQuantizeMatMul: ([a]) => [a!.dim(-1)],
  MatMulIntegerToFloat: ([a]) => [a!.dim(-1)],
  FusedMatMul: ([a]) => [a!.dim(-1)],
  MultiHeadAttention: ([, k]) => [2, k!.dim(1)], // scores, then their mixture
};

/** Those of some operators, in their order, that depend on more than constants: the others are computed when a session opens. */
export const readingInputs = <C extends Call>(calls: readonly C[], isConstant: (value: Value) => boolean): C[] => {
  const constant = new Set<Value>();
  return calls.filter(({ inputs, outputs }) => {
    const fixed = inputs.every(value => value === undefined || constant.has(value) || isConstant(value));
    if (fixed) for (const value of outputs) constant.add(value);
    return !fixed;
  });
};

/**
 * Multiplications with an addition each, by operator; what depends on weights alone is left out, as it is computed when a session opens.
 * @param sizes of dims that are free in the graph
 * @returns undefined where a size is not among them
 */
export const countProducts = (
  calls: readonly Call[],
  isConstant: (value: Value) => boolean,
  sizes: Sizes = {},
): Readonly<Record<string, number>> | undefined => {
  const counts: Record<string, number> = {};
  for (const { op, inputs, outputs } of readingInputs(calls, isConstant)) {
    const terms = lengthOf[op]?.(inputs);
    if (!terms) continue;
    const count = sizeOf(product([...outputs[0]!.dims, ...terms]), sizes);
    if (count === undefined) return undefined;
    counts[op] = (counts[op] ?? 0) + count;
  }
  return counts;
};
