// Between the latents of single frames and that of a clip, which video models denoise as a whole.
import { type Tensor, tensor } from '../tensor.ts';

/** Latents [1, c, h, w] of frames as one clip [1, c, f, h, w], as video models take it. */
export const joinFrames = (frames: readonly Tensor[]): Tensor => {
  const [, c = 0, h = 0, w = 0] = frames[0]?.dims ?? [];
  const [count, size] = [frames.length, h * w];
  const clip = tensor([1, c, count, h, w]);
  frames.forEach(({ data }, f) => {
    for (let i = 0; i < c; i++) clip.data.set(data.subarray(i * size, (i + 1) * size), (i * count + f) * size);
  });
  return clip;
};

/** The latents [1, c, h, w] of the frames of a clip [1, c, f, h, w]; the inverse of {@link joinFrames}. */
export const splitFrames = ({ dims: [, c = 0, count = 0, h = 0, w = 0], data }: Tensor): Tensor[] => {
  const size = h * w;
  return Array.from({ length: count }, (_, f) => {
    const frame = tensor([1, c, h, w]);
    for (let i = 0; i < c; i++) frame.data.set(data.subarray((i * count + f) * size, (i * count + f + 1) * size), i * size);
    return frame;
  });
};
