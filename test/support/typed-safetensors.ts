// Writes safetensors files of any float type.
import type { Tensor } from '../../models/tensor.ts';

export const FLOAT_TYPES = ['F64', 'F32', 'BF16', 'F16'] as const;
export type FloatType = (typeof FLOAT_TYPES)[number];

/** Numbers that every float type holds exactly, as bytes of that type. */
const STORE: Readonly<Record<FloatType, (values: Float32Array) => Uint8Array>> = {
  F64: values => new Uint8Array(Float64Array.from(values).buffer),
  F32: values => new Uint8Array(Float32Array.from(values).buffer),
  BF16: values => new Uint8Array(Uint16Array.from(new Uint32Array(Float32Array.from(values).buffer), bits => bits >>> 16).buffer),
  F16: values =>
    new Uint8Array(
      Uint16Array.from(new Uint32Array(Float32Array.from(values).buffer), bits =>
        bits === 0 ? 0 : ((bits >>> 16) & 0x8000) | ((((bits >>> 23) & 0xff) - 112) << 10) | ((bits >>> 13) & 0x3ff),
      ).buffer,
    ),
};

/** A safetensors file of tensors as bytes. */
export const typedBytes = (content: Readonly<Record<string, Tensor>>, dtype: FloatType): Buffer => {
  let end = 0;
  const parts = Object.entries(content).map(([name, { dims, data }]) => ({ name, dims, bytes: STORE[dtype](data) }));
  const header = Object.fromEntries(
    parts.map(({ name, dims, bytes }) => [name, { dtype, shape: dims, data_offsets: [end, (end += bytes.length)] }]),
  );
  const text = Buffer.from(JSON.stringify(header));
  const head = Buffer.alloc(8);
  head.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([head, text, ...parts.map(({ bytes }) => bytes)]);
};
