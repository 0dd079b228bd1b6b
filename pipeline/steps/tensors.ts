// Latents as the bytes of an artifact: a JSON line with the dims, then float32 in little-endian order.
import { endianness } from 'node:os';
import { elements, type Tensor, tensor } from '../../models/tensor.ts';

const swap = (bytes: Buffer): Buffer => (endianness() === 'LE' ? bytes : bytes.swap32());

/** Tensors one after the other, and anything that JSON can hold. */
export const packTensors = (about: unknown, tensors: readonly Tensor[]): Uint8Array => {
  const head = Buffer.from(`${JSON.stringify({ about, dims: tensors.map(t => t.dims) })}\n`);
  return Buffer.concat([head, ...tensors.map(({ data }) => swap(Buffer.from(data.slice().buffer)))]); // copies, which may be swapped
};

/** What {@link packTensors} packed; `about` is as it was given, once it has been through JSON. */
export const unpackTensors = (bytes: Uint8Array): { about: unknown; tensors: Tensor[] } => {
  const end = bytes.indexOf(10);
  const { about, dims } = JSON.parse(Buffer.from(bytes.subarray(0, end)).toString()) as { about: unknown; dims: number[][] };
  const body = swap(Buffer.from(bytes.subarray(end + 1))); // a copy: aligned
  let at = body.byteOffset;
  const tensors = dims.map(each => {
    const data = new Float32Array(body.buffer.slice(at, at + 4 * elements(each)) as ArrayBuffer);
    at += 4 * data.length;
    return tensor(each, data);
  });
  return { about, tensors };
};

export const packTensor = (x: Tensor): Uint8Array => packTensors(null, [x]);

/** The tensor that {@link packTensor} packed. */
export const unpackTensor = (bytes: Uint8Array): Tensor => unpackTensors(bytes).tensors[0]!;
