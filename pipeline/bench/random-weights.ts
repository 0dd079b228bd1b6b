// Networks of full size without their files: random numbers under the names that a network asks for.
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { elements } from '../../models/tensor.ts';
import type { Shapes } from '../../models/weights/shapes-of.ts';

/** Small random numbers by fan-in, ones for the scales of norms: activations stay finite through any depth. */
const fill = (name: string, dims: readonly number[], out: Float32Array, seed: { x: number }): void => {
  if (dims.length === 1) return void out.fill(/norm.*weight$/.test(name) ? 1 : 0);
  const bound = Math.sqrt(1 / (elements(dims) / dims[0]!));
  for (let i = 0; i < out.length; i++) {
    seed.x = (Math.imul(seed.x, 1664525) + 1013904223) >>> 0;
    out[i] = (seed.x / 2 ** 31 - 1) * bound;
  }
};

export const writeWeights = async (file: string, shapes: Shapes): Promise<void> => {
  let offset = 0;
  const header: Record<string, unknown> = {};
  for (const [name, dims] of shapes) {
    header[name] = { dtype: 'F32', shape: dims, data_offsets: [offset, (offset += 4 * elements(dims))] };
  }
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  const out = createWriteStream(file);
  out.write(Buffer.concat([length, json]));
  const seed = { x: 1 };
  for (const [name, dims] of shapes) {
    const numbers = new Float32Array(elements(dims));
    fill(name, dims, numbers, seed);
    if (!out.write(Buffer.from(numbers.buffer))) await once(out, 'drain');
  }
  out.end();
  await once(out, 'close');
};
