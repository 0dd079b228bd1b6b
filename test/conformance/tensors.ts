// The numbers of a small .safetensors file, read whole: cases are kilobytes.
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { openSafetensors } from '../../models/weights/safetensors.ts';
import type { WeightType } from '../../models/weights/weight-source.ts';

export type Numbers = {
  readonly dims: readonly number[];
  readonly data: Float32Array | Float64Array | BigInt64Array | Int32Array | Uint8Array;
};

const ARRAYS: Partial<Record<WeightType, (buffer: ArrayBuffer) => Numbers['data']>> = {
  F32: buffer => new Float32Array(buffer),
  F64: buffer => new Float64Array(buffer),
  I64: buffer => new BigInt64Array(buffer),
  I32: buffer => new Int32Array(buffer),
  U8: buffer => new Uint8Array(buffer),
  BOOL: buffer => new Uint8Array(buffer),
};

/** Every tensor by name; none when there is no such file. */
export const readTensors = async (file: string): Promise<Record<string, Numbers>> => {
  if (!existsSync(file)) return {};
  const { tensors } = await openSafetensors(file);
  const bytes = await readFile(file);
  return Object.fromEntries(
    tensors.map(({ name, dtype, dims, offset, length }) => {
      const array = ARRAYS[dtype];
      if (!array) throw new Error(`${file}: ${name} is ${dtype}`);
      return [name, { dims, data: array(new Uint8Array(bytes.subarray(offset, offset + length)).buffer) }];
    }),
  );
};
