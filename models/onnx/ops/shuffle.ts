// Pixels into channels and back, in PyTorch's order of channels: (channel, row, column).
import { product } from '../dims.ts';
import { noteLayer } from '../layer-notes.ts';
import type { Value } from '../value.ts';
import { conv } from './contract.ts';

/** Twice the size, a quarter of the channels: [n, 4c, h, w] -> [n, c, 2h, 2w]. */
export const shuffle = (x: Value): Value => {
  const [n, channels, h, w] = [x.dim(0), x.size(1) / 4, x.dim(2), x.dim(3)];
  if (!Number.isInteger(channels)) throw x.graph.error(`${x.size(1)} channels cannot become four pixels each`);
  const cells = x.reshape(n, channels, 2, 2, h, w).transpose(0, 1, 4, 2, 5, 3); // [n, c, h, 2, w, 2]
  const pixels = cells.reshape(n, channels, product([2, h]), product([2, w]));
  return noteLayer(pixels, [x], (_, [rows]) => shuffle(rows!), { scale: 2 });
};

/** Half the size, four times the channels: [n, c, h, w] -> [n, 4c, h/2, w/2]; a convolution of ones and zeros, which every device has. */
export const unshuffle = (x: Value): Value => {
  const channels = x.size(1);
  const taps = Array<number>(4 * channels * channels * 4).fill(0); // [4c, c, 2, 2]
  for (let c = 0; c < channels; c++) {
    for (let pixel = 0; pixel < 4; pixel++) taps[((4 * c + pixel) * channels + c) * 4 + pixel] = 1;
  }
  const weight = x.graph.constant(taps, 'float32', [4 * channels, channels, 2, 2]);
  const cells = conv(x, weight, undefined, { stride: 2, pads: [0, 0, 0, 0] });
  return noteLayer(cells, [x], (_, [rows]) => unshuffle(rows!), { scale: 0.5 });
};
