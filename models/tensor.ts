// The numeric array that crosses the seams between text, networks, samplers and stages.

/** Row-major float32 numbers; NCHW for pictures and latents. */
export type Tensor = { readonly dims: readonly number[]; readonly data: Float32Array };

/** Row-major 64-bit integers: token ids. */
export type IntTensor = { readonly dims: readonly number[]; readonly data: BigInt64Array };

/** The product of the dims; 1 for a scalar. */
export const elements = (dims: readonly number[]): number => dims.reduce((n, d) => n * d, 1);

/**
 * A tensor over existing numbers, or of zeros. Nothing is copied.
 * @throws RangeError when the numbers do not fit the dims
 */
export const tensor = (dims: readonly number[], data: Float32Array = new Float32Array(elements(dims))): Tensor => {
  if (data.length !== elements(dims))
    throw new RangeError(`tensor [${dims.join(', ')}] holds ${elements(dims)} numbers, got ${data.length}`);
  return { dims, data };
};

/** Numbers by their place. `Float32Array.from` makes a list of what it is given first, which takes twenty times as long. */
export const floats = (length: number, at: (i: number) => number): Float32Array => {
  const out = new Float32Array(length);
  for (let i = 0; i < length; i++) out[i] = at(i);
  return out;
};

/** As {@link floats}, bytes. */
export const bytes = (length: number, at: (i: number) => number): Uint8Array => {
  const out = new Uint8Array(length);
  for (let i = 0; i < length; i++) out[i] = at(i);
  return out;
};

/** Cuts numbers to -bound..bound, in place. */
export const clampTo = (data: Float32Array, bound: number): void => {
  for (let i = 0; i < data.length; i++) data[i] = Math.min(Math.max(data[i]!, -bound), bound);
};

/** Rows along the first axis, in this order; a row may be taken more than once: [n, ...] -> [rows, ...]. */
export const takeRows = ({ dims: [, ...dims], data }: Tensor, rows: readonly number[]): Tensor => {
  const size = elements(dims);
  const out = tensor([rows.length, ...dims]);
  for (const [i, row] of rows.entries()) out.data.set(data.subarray(row * size, (row + 1) * size), i * size);
  return out;
};
