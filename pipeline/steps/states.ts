// Attention states as bytes: a JSON line with layer, dims and precision of each part, then the numbers.
import { fromHalf, toHalf } from '../../models/math/half.ts';
import { type Tensor, tensor } from '../../models/tensor.ts';
import type { AttentionStates } from '../../stages/keyframes/memory.ts';

/** States of one denoising step, and whether they rest as half floats. */
export type StoredStates = { readonly half: boolean; readonly states: AttentionStates };

type Part = { readonly layer: number; readonly dims: readonly number[] };

export const packStates = ({ half, states }: StoredStates): Uint8Array => {
  const present = states.flatMap((state, layer) => (state ? [{ layer, ...state }] : []));
  const parts = present.map(({ layer, dims }): Part => ({ layer, dims }));
  const head = Buffer.from(`${JSON.stringify({ half, parts })}\n`);
  const data = present.map(state => (half ? toHalf(state.data) : state.data));
  return Buffer.concat([head, ...data.map(({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength))]);
};

/** What {@link packStates} packed, in single precision. */
export const unpackStates = (bytes: Uint8Array): StoredStates => {
  const end = bytes.indexOf(10);
  const { half, parts } = JSON.parse(Buffer.from(bytes.subarray(0, end)).toString()) as { half: boolean; parts: Part[] };
  const states: (Tensor | undefined)[] = [];
  let at = end + 1;
  for (const { layer, dims } of parts) {
    const length = dims.reduce((n, d) => n * d, 1) * (half ? 2 : 4);
    const { buffer } = new Uint8Array(bytes.subarray(at, at + length)); // a copy: aligned
    states[layer] = tensor(dims, half ? fromHalf(new Uint16Array(buffer, 0, length / 2)) : new Float32Array(buffer, 0, length / 4));
    at += length;
  }
  return { half, states: Array.from(states) };
};
