// Networks of full size without their files: random numbers under the names that a network asks for.
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { toHalf } from '../../models/math/half.ts';
import { elements } from '../../models/tensor.ts';
import type { Shapes } from '../../models/weights/shapes-of.ts';

/** How the numbers are stored. */
export type StoredType = 'F32' | 'F16';

const BYTES = { F32: 4, F16: 2 } as const;

type Bytes = Float32Array | Uint16Array;

/** Numbers in a row that are repeated through a tensor of half floats: a prime, so that no two rows of a matrix are alike. */
const ROW = 1_048_583;

/** Makes the numbers of tensors: small random ones by fan-in, ones for the scales of norms; activations stay finite through any depth. */
const filler = (dtype: StoredType): ((name: string, dims: readonly number[]) => Bytes) => {
  let x = 1;
  const uniform = (length: number, bound: number): Float32Array =>
    new Float32Array(length).map(() => {
      x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
      return (x / 2 ** 31 - 1) * bound;
    });
  const rows = new Map<number, Uint16Array>();
  const halves = (length: number, bound: number): Uint16Array => {
    const row = rows.get(bound) ?? toHalf(uniform(ROW, bound));
    rows.set(bound, row);
    const out = new Uint16Array(length);
    for (let at = 0; at < length; at += ROW) out.set(row.subarray(0, Math.min(ROW, length - at)), at);
    return out;
  };
  return (name, dims) => {
    const length = elements(dims);
    if (dims.length === 1) {
      const same = new Float32Array(length).fill(/norm.*weight$/.test(name) ? 1 : 0);
      return dtype === 'F16' ? toHalf(same) : same;
    }
    const bound = Math.sqrt(1 / (length / dims[0]!));
    return dtype === 'F16' ? halves(length, bound) : uniform(length, bound);
  };
};

/** Writes a safetensors file. */
export const writeWeights = async (file: string, shapes: Shapes, dtype: StoredType = 'F32'): Promise<void> => {
  let offset = 0;
  const header: Record<string, unknown> = {};
  for (const [name, dims] of shapes) {
    header[name] = { dtype, shape: dims, data_offsets: [offset, (offset += BYTES[dtype] * elements(dims))] };
  }
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  const out = createWriteStream(file);
  out.write(Buffer.concat([length, json]));
  const fill = filler(dtype);
  for (const [name, dims] of shapes) {
    if (!out.write(Buffer.from(fill(name, dims).buffer))) await once(out, 'drain');
  }
  out.end();
  await once(out, 'close');
};
