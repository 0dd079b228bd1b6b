// Between pictures (RGB24) and the tensors of the networks.
import type { Picture } from '../../media/frame.ts';
import { type Tensor, tensor } from '../../models/tensor.ts';

/** Channel planes of a picture, each byte v as v * scale + offset. [1, 3, h, w] */
const planes = ({ width, height, data }: Picture, scale: number, offset: number): Tensor => {
  const size = width * height;
  const out = new Float32Array(3 * size);
  for (let i = 0; i < size; i++) {
    out[i] = data[3 * i]! * scale + offset;
    out[size + i] = data[3 * i + 1]! * scale + offset;
    out[2 * size + i] = data[3 * i + 2]! * scale + offset;
  }
  return tensor([1, 3, height, width], out);
};

/** A picture for the autoencoder: bytes v as v / 127.5 - 1. [1, 3, h, w] in [-1, 1] */
export const toImage = (picture: Picture): Tensor => planes(picture, 2 / 255, -1);

/** A picture as a ControlNet's control image: bytes v as v / 255. [1, 3, h, w] in [0, 1] */
export const toControlImage = (picture: Picture): Tensor => planes(picture, 1 / 255, 0);

/** One byte a pixel, 0 or 255, as a control image of three equal channels. [1, 3, h, w] in [0, 1] */
export const edgesToControlImage = ({ width, height, data }: { width: number; height: number; data: Uint8Array }): Tensor => {
  const size = data.length;
  const out = new Float32Array(3 * size);
  for (let p = 0; p < size; p++) out[p] = data[p]! / 255;
  for (let c = 1; c < 3; c++) out.copyWithin(c * size, 0, size);
  return tensor([1, 3, height, width], out);
};

/** A decoded image [1, 3, h, w] in [-1, 1] as a picture; values are clamped and rounded. */
export const toPicture = ({ dims, data }: Tensor): Picture => {
  const [, , height, width] = dims as [number, number, number, number];
  const size = width * height;
  const out = new Uint8Array(3 * size);
  for (let c = 0, from = 0; c < 3; c++) {
    for (let to = c; to < out.length; to += 3, from++) {
      const level = (data[from]! + 1) * 127.5; // exact, so that cutting off behind 0.5 rounds as Math.round does
      out[to] = level > 0 ? (level < 255 ? level + 0.5 : 255) : 0;
    }
  }
  return { width, height, data: out };
};
