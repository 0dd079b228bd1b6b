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
  const out = tensor(values.dims);
  for (let y = 0, p = 0; y < height; y++) {
    for (let x = 0; x < width; x++, p++) {
      const [u, v] = [x + flow[2 * p]!, y + flow[2 * p + 1]!];
      const [i, j] = [Math.floor(u), Math.floor(v)];
      if (!(i >= -1 && j >= -1 && i < width && j < height)) continue;
      for (let corner = 0; corner < 4; corner++) {
        const [ci, cj] = [i + (corner & 1), j + (corner >> 1)];
        if (ci < 0 || cj < 0 || ci >= width || cj >= height) continue;
        const weight = (1 - Math.abs(u - ci)) * (1 - Math.abs(v - cj));
        for (let c = 0; c < count; c++) out.data[c * size + p]! += weight * values.data[c * size + cj * width + ci]!;
      }
    }
  }
  return out;
};
