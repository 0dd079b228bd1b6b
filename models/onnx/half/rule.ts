// Which numbers of a network are in half precision, where a GPU computes in it (`BuildOptions.half`). The one rule has two parts.
//
// Weights: matrices and kernels are half, but for those of the layers below. What has one number for each channel (biases, norms) stays
// float32.
//
// Between them the operators decide (`ops/`): a product has the type of its weights, what is computed element by element is half where an
// operand is, and what sums over many numbers (norms, softmax, the scores before it, means and extremes, FreeU's filter) is float32. So
// features are half from the first convolution on; latents, time, FreeU's factors and answers are float32, and ports always are.

/** Layers that stay in float32: of time and sizes, once for all pixels, and the last one, whose error nothing evens out. */
const SINGLE = /^((time|add)_embedding|conv_out)\b/;

/** Whether a weight is half, by its name in the checkpoint and its dims. */
export const isHalf = (path: string, dims: readonly number[]): boolean => dims.length > 1 && !SINGLE.test(path);
