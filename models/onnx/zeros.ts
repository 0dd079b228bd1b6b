// Values that are zero whatever a graph is fed, since weights are: a branch that ends in them adds nothing, and is left out.
import { closeSync, openSync, readSync } from 'node:fs';
import type { TensorInfo } from '../weights/weight-source.ts';
import type { Value } from './value.ts';

/** What a value comes from: an operator and what it reads, or numbers. */
type Origin = { readonly op: string; readonly inputs: readonly (Value | undefined)[] } | { readonly data: TensorInfo | Uint8Array };

const origins = new WeakMap<Value, Origin>();
const found = new WeakMap<Value, boolean>();
const read = new WeakMap<TensorInfo, boolean>();

/** Notes what a value comes from. Returns it. */
export const noteOrigin = (y: Value, origin: Origin): Value => {
  origins.set(y, origin);
  return y;
};

type Rule = (zero: (input: number) => boolean) => boolean;

/** a b + c: the sum first, as it is smaller than the factors. */
const product: Rule = zero => zero(2) && (zero(1) || zero(0));
const first: Rule = zero => zero(0);
const both: Rule = zero => zero(1) && zero(0);

/** When an operator's result is zero, as far as it follows from operands that are; 0 times NaN or infinity counts as zero, too. */
const RULES: Readonly<Record<string, Rule>> = {
  Conv: product,
  Gemm: product,
  MatMul: product,
  FusedMatMul: product,
  Mul: zero => zero(1) || zero(0),
  Div: first,
  Add: both,
  Sub: both,
  ...Object.fromEntries(['Cast', 'Reshape', 'Transpose', 'Slice', 'Relu', 'Gelu', 'Resize', 'ReduceMean'].map(op => [op, first])),
};

/** Whether every number is zero for certain. A layer that learned something is told by the first block of its bias or its weight. */
export const isZero = (x: Value): boolean => {
  if (x.last) return isZero(x.last);
  const origin = origins.get(x);
  if (!origin) return false;
  const zero =
    found.get(x) ??
    ('data' in origin
      ? areZeros(origin.data)
      : (RULES[origin.op]?.(k => origin.inputs[k] === undefined || isZero(origin.inputs[k] as Value)) ?? false));
  found.set(x, zero);
  return zero;
};

const areZeros = (data: TensorInfo | Uint8Array): boolean => {
  if (data instanceof Uint8Array) return data.every(byte => byte === 0);
  const zeros = read.get(data) ?? holdsZeros(data);
  read.set(data, zeros);
  return zeros;
};

const BLOCK = 4096; // bytes

/** Whether a tensor's bytes are all zero; one that cannot be read is not, and is told where a session is opened. */
const holdsZeros = ({ file, offset, length }: TensorInfo): boolean => {
  let handle: number | undefined;
  try {
    handle = openSync(file, 'r');
    const block = new Uint8Array(BLOCK);
    for (let at = 0; at < length; at += BLOCK) {
      const wanted = Math.min(BLOCK, length - at);
      if (readSync(handle, block, 0, wanted, offset + at) < wanted) return false;
      if (block.subarray(0, wanted).some(byte => byte !== 0)) return false;
    }
    return true;
  } catch {
    return false;
  } finally {
    if (handle !== undefined) closeSync(handle);
  }
};
