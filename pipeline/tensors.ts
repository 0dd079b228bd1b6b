// Latents as the bytes of an artifact: a JSON line with the dims, then float32 in little-endian order.
import { endianness } from 'node:os';
import { type Tensor, tensor } from '../models/tensor.ts';

const swap = (bytes: Buffer): Buffer => (endianness() === 'LE' ? bytes : bytes.swap32());

export const packTensor = ({ dims, data }: Tensor): Uint8Array => {
  const body = Buffer.from(data.slice().buffer); // a copy, which may be swapped
  return Buffer.concat([Buffer.from(`${JSON.stringify(dims)}\n`), swap(body)]);
};

/** The tensor that {@link packTensor} packed. */
export const unpackTensor = (bytes: Uint8Array): Tensor => {
  const end = bytes.indexOf(10);
  const dims = JSON.parse(Buffer.from(bytes.subarray(0, end)).toString()) as number[];
  const body = swap(Buffer.from(bytes.subarray(end + 1))); // a copy: aligned
  return tensor(dims, new Float32Array(body.buffer, body.byteOffset, body.length / 4));
};
