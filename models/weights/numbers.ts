// Reads the numbers of one small tensor; large ones stay in their file, where the runtime maps them.
import { type FileHandle, open } from 'node:fs/promises';
import { halfValue } from '../math/half.ts';
import { type TensorInfo, WeightError, type WeightType } from './weight-source.ts';

/** The upper half of a float32. */
const brain = (bits: number): number => {
  const view = new DataView(new ArrayBuffer(4));
  view.setUint32(0, bits << 16);
  return view.getFloat32(0);
};

type Read = { readonly bytes: number; readonly at: (buffer: Buffer, place: number) => number };

const READERS: Partial<Record<WeightType, Read>> = {
  F64: { bytes: 8, at: (buffer, place) => buffer.readDoubleLE(place) },
  F32: { bytes: 4, at: (buffer, place) => buffer.readFloatLE(place) },
  F16: { bytes: 2, at: (buffer, place) => halfValue(buffer.readUInt16LE(place)) },
  BF16: { bytes: 2, at: (buffer, place) => brain(buffer.readUInt16LE(place)) },
  I64: { bytes: 8, at: (buffer, place) => Number(buffer.readBigInt64LE(place)) },
  I32: { bytes: 4, at: (buffer, place) => buffer.readInt32LE(place) },
};

/** The numbers of a tensor, row by row. Throws a WeightError for types that hold none, and when the file ends too early. */
export const readNumbers = async ({ file, name, dtype, offset, length }: TensorInfo): Promise<number[]> => {
  const reader = READERS[dtype];
  if (!reader) throw new WeightError(`${file}: ${name} is ${dtype}, expects numbers`);
  let handle: FileHandle | undefined;
  try {
    handle = await open(file);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, offset);
    if (bytesRead < length) throw new WeightError(`${file}: ends inside ${name}`);
    return Array.from({ length: length / reader.bytes }, (_, i) => reader.at(buffer, i * reader.bytes));
  } finally {
    await handle?.close();
  }
};
