// Writes safetensors files for tests.
import { elements, type Tensor } from '../../models/tensor.ts';

/** A safetensors file of float32 tensors as bytes. */
export const safetensorsBytes = (tensors: Readonly<Record<string, Tensor>>): Buffer => {
  let end = 0;
  const header: Record<string, object> = {};
  for (const [name, { dims }] of Object.entries(tensors)) {
    const begin = end;
    end += 4 * elements(dims);
    header[name] = { dtype: 'F32', shape: dims, data_offsets: [begin, end] };
  }
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([
    length,
    text,
    ...Object.values(tensors).map(({ data }) => Buffer.from(data.buffer, data.byteOffset, data.byteLength)),
  ]);
};
