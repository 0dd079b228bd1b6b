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
  const { count, height, width } = planesOf(values);
  const size = height * width;
  const from = values.data;
  const out = tensor(values.dims);
  const to = out.data;
  for (let y = 0, p = 0; y < height; y++) {
    for (let x = 0; x < width; x++, p++) {
      const u = x + flow[2 * p]!;
      const v = y + flow[2 * p + 1]!;
      const i = Math.floor(u);
      const j = Math.floor(v);
      if (!(i >= -1 && j >= -1 && i < width && j < height)) continue;
      const left = 1 - Math.abs(u - i);
      const right = 1 - Math.abs(u - (i + 1));
      const top = 1 - Math.abs(v - j);
      const low = 1 - Math.abs(v - (j + 1));
      const isInside = i >= 0 && j >= 0 && i + 1 < width && j + 1 < height;
      for (let c = 0, q = j * width + i; c < count * size; c += size) {
        // Rounded to float32 behind each corner, in this order.
        let sum = 0;
        if (isInside || (i >= 0 && j >= 0)) sum = Math.fround(sum + left * top * from[c + q]!);
        if (isInside || (i + 1 < width && j >= 0)) sum = Math.fround(sum + right * top * from[c + q + 1]!);
        if (isInside || (i >= 0 && j + 1 < height)) sum = Math.fround(sum + left * low * from[c + q + width]!);
        if (isInside || (i + 1 < width && j + 1 < height)) sum = Math.fround(sum + right * low * from[c + q + width + 1]!);
        to[c + p] = sum;
      }
    }
  }
  return out;
};
