// Between the latents of single frames and that of a clip, which video models denoise as a whole.
import { type Tensor, tensor } from './tensor.ts';

/** The latents [1, c, h, w] of a clip's frames. */
export const splitFrames = ({ dims: [, c = 0, count = 0, h = 0, w = 0], data }: Tensor): Tensor[] => {
  const size = h * w;
  return Array.from({ length: count }, (_, f) => {
    const frame = tensor([1, c, h, w]);
    for (let i = 0; i < c; i++) frame.data.set(data.subarray((i * count + f) * size, (i * count + f + 1) * size), i * size);
    return frame;
  });
};
