// Pulling a picture or a latent along a flow: out(p) = in(p + flow(p)), zeros outside.
import { roundHalfEven } from '../../config/round-half-even.ts';
import { type Tensor, tensor } from '../../models/tensor.ts';

/** Height and width of the last two axes, and how many planes lie before them. */
export const planesOf = ({ dims }: Tensor): { readonly count: number; readonly height: number; readonly width: number } => {
  const [height = 1, width = 1] = dims.slice(-2);
  return { count: dims.slice(0, -2).reduce((n, d) => n * d, 1), height, width };
};

/**
 * Pulls planes [..., h, w] along a flow: out(p) = in(p + flow(p)), the nearest pixel, halves to the even one as torch's sampler has it;
 * zeros from outside.
 * @param flow interleaved x, y in pixels of `values`; where it is not a number the result is 0
 */
export const warpNearest = (values: Tensor, flow: Float32Array): Tensor => {
  const { count, height, width } = planesOf(values);
  const size = height * width;
  const out = tensor(values.dims);
  for (let y = 0, p = 0; y < height; y++) {
    for (let x = 0; x < width; x++, p++) {
      const i = roundHalfEven(x + flow[2 * p]!);
      const j = roundHalfEven(y + flow[2 * p + 1]!);
      if (!(i >= 0 && j >= 0 && i < width && j < height)) continue;
      for (let c = 0; c < count; c++) out.data[c * size + p] = values.data[c * size + j * width + i]!;
    }
  }
  return out;
};

/** As {@link warpNearest}, bilinear between the four pixels around; each of them counts as 0 on its own when it lies outside. */
export const warpBilinear = (values: Tensor, flow: Float32Array): Tensor => {
  const { height, width } = planesOf(values);
  const size = height * width;
  const from = values.data;
  const out = tensor(values.dims);
  const to = out.data;
  for (let y = 0, p = 0; y < height; y++) {
    for (let x = 0; x < width; x++, p++) {
      const u = x + flow[2 * p]!;
      const v = y + flow[2 * p + 1]!;
      if (u >= 0 && v >= 0 && u < width - 1 && v < height - 1) {
        const i = u | 0;
        const j = v | 0;
        const left = 1 - (u - i);
        const right = 1 - (i + 1 - u);
        const top = 1 - (v - j);
        const low = 1 - (j + 1 - v);
        for (let q = j * width + i, at = p; at < to.length; q += size, at += size) {
          const first = Math.fround(left * top * from[q]!);
          const second = Math.fround(first + right * top * from[q + 1]!);
          to[at] = Math.fround(second + left * low * from[q + width]!) + right * low * from[q + width + 1]!;
        }
      } else if (u >= -1 && v >= -1 && u < width && v < height) {
        const i = Math.floor(u);
        const j = Math.floor(v);
        for (let at = p; at < to.length; at += size) {
          let sum = 0;
          for (let k = 0; k < 4; k++) {
            const ci = i + (k & 1);
            const cj = j + (k >> 1);
            if (ci < 0 || cj < 0 || ci >= width || cj >= height) continue;
            sum = Math.fround(sum + (1 - Math.abs(u - ci)) * (1 - Math.abs(v - cj)) * from[at - p + cj * width + ci]!);
          }
          to[at] = sum;
        }
      }
    }
  }
  return out;
};
