// Stretches pictures to another size with Lanczos' kernel, pixel centres on pixel centres, as ffmpeg's scale filter does.
import type { Picture } from '../../media/frame.ts';

type Size = { readonly width: number; readonly height: number };

/** For each sample of a line the samples that it is made of, `taps` of them, and their weights, which sum to 1. */
type Line = { readonly taps: number; readonly from: Int32Array; readonly weights: Float32Array };

const LOBES = 3;

/** L(x) = sinc(x) sinc(x / 3) for |x| < 3 (Duchon 1979). */
const lanczos = (x: number): number => {
  if (x === 0) return 1;
  if (Math.abs(x) >= LOBES) return 0;
  const angle = Math.PI * x;
  return (LOBES * Math.sin(angle) * Math.sin(angle / LOBES)) / (angle * angle);
};

/** Where a line gets smaller the kernel is as much wider, so that nothing aliases. Beyond the ends the last sample goes on. */
const lineOf = (length: number, wanted: number): Line => {
  const step = length / wanted;
  const width = Math.max(1, step);
  const taps = 2 * Math.ceil(LOBES * width);
  const from = new Int32Array(wanted * taps);
  const weights = new Float32Array(wanted * taps);
  for (let i = 0; i < wanted; i++) {
    const centre = (i + 0.5) * step - 0.5;
    const first = Math.floor(centre) - taps / 2 + 1;
    const raw = Array.from({ length: taps }, (_, tap) => lanczos((first + tap - centre) / width));
    const sum = raw.reduce((total, weight) => total + weight, 0);
    for (let tap = 0; tap < taps; tap++) {
      from[i * taps + tap] = Math.min(length - 1, Math.max(0, first + tap));
      weights[i * taps + tap] = raw[tap]! / sum;
    }
  }
  return { taps, from, weights };
};

const CHANNELS = 3;

/** Rows of `across` samples from rows of `width`. */
const stretchRows = ({ width, height, data }: Picture, across: number, { taps, from, weights }: Line): Float32Array => {
  const out = new Float32Array(across * height * CHANNELS);
  for (let y = 0, at = 0; y < height; y++) {
    const row = y * width * CHANNELS;
    for (let x = 0; x < across; x++) {
      let r = 0;
      let g = 0;
      let b = 0;
      for (let k = x * taps; k < (x + 1) * taps; k++) {
        const weight = weights[k]!;
        const place = row + from[k]! * CHANNELS;
        r += weight * data[place]!;
        g += weight * data[place + 1]!;
        b += weight * data[place + 2]!;
      }
      out[at++] = r;
      out[at++] = g;
      out[at++] = b;
    }
  }
  return out;
};

/** So many rows of `length` numbers, rounded to levels. */
const stretchColumns = (rows: Float32Array, length: number, down: number, { taps, from, weights }: Line): Uint8Array => {
  const out = new Uint8ClampedArray(length * down);
  const sum = new Float32Array(length);
  for (let y = 0; y < down; y++) {
    sum.fill(0);
    for (let k = y * taps; k < (y + 1) * taps; k++) {
      const [weight, row] = [weights[k]!, from[k]! * length];
      for (let x = 0; x < length; x++) sum[x]! += weight * rows[row + x]!;
    }
    out.set(sum, y * length);
  }
  return new Uint8Array(out.buffer);
};

/** Makes the function that stretches pictures of one size to another. A picture that has it already stays as it is. */
export const resampler = (size: Size, wanted: Size): ((picture: Picture) => Picture) => {
  if (size.width === wanted.width && size.height === wanted.height) return picture => picture;
  const [across, down] = [lineOf(size.width, wanted.width), lineOf(size.height, wanted.height)];
  return picture => ({
    ...wanted,
    data: stretchColumns(stretchRows(picture, wanted.width, across), wanted.width * CHANNELS, wanted.height, down),
  });
};
