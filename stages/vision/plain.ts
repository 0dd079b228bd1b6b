// Two of OpenCV's operators to the bit, without OpenCV: a thread that needs no other saves its loading, a quarter of a second.
import { roundHalfEven } from '../../config/round-half-even.ts';
import type { Picture } from '../../media/frame.ts';

/** Luma as OpenCV's RGB2GRAY has it: weights 0.299, 0.587, 0.114 in whole 2^-15ths, rounded. One byte a pixel. */
export const lumaOf = ({ width, height, data }: Picture): Uint8Array<ArrayBuffer> => {
  const out = new Uint8Array(width * height);
  for (let p = 0, at = 0; p < out.length; p++, at += 3)
    out[p] = (9798 * data[at]! + 19235 * data[at + 1]! + 3735 * data[at + 2]! + 16384) >> 15;
  return out;
};

/**
 * A picture of `channels` bytes a pixel at half its size each way: means of 2x2 as INTER_AREA has them, halves rounded up.
 * Width and height are even.
 */
const halved = ({ width, height, data }: Picture, channels: 1 | 3): Uint8Array<ArrayBuffer> => {
  const row = channels * width;
  const out = new Uint8Array((row * height) / 4);
  for (let y = 0, to = 0; y < height; y += 2) {
    for (let x = y * row, end = x + row; x < end; x += 2 * channels) {
      for (let c = x; c < x + channels; c++, to++) {
        out[to] = (data[c]! + data[c + channels]! + data[c + row]! + data[c + row + channels]! + 2) >> 2;
      }
    }
  }
  return out;
};

/** As {@link halved} for means of 4x4, of which INTER_AREA rounds halves to the even number. Sides are multiples of four. */
const quartered = ({ width, height, data }: Picture, channels: 1 | 3): Uint8Array<ArrayBuffer> => {
  const row = channels * width;
  const out = new Uint8Array((row * height) / 16);
  for (let y = 0, to = 0; y < height; y += 4) {
    for (let x = y * row, end = x + row; x < end; x += 4 * channels) {
      for (let c = x; c < x + channels; c++, to++) {
        let sum = 0;
        for (let at = c; at < c + 4 * row; at += row) {
          sum += data[at]! + data[at + channels]! + data[at + 2 * channels]! + data[at + 3 * channels]!;
        }
        out[to] = roundHalfEven(sum / 16);
      }
    }
  }
  return out;
};

/** The bytes of OpenCV's INTER_AREA where the new size is a half or a quarter of a picture's; undefined for other sizes. */
export const shrunk = (from: Picture, channels: 1 | 3, width: number, height: number): Uint8Array<ArrayBuffer> | undefined => {
  const is = (factor: number): boolean => from.width === factor * width && from.height === factor * height;
  return is(2) ? halved(from, channels) : is(4) ? quartered(from, channels) : undefined;
};
