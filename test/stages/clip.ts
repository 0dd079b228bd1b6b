// Pictures for the tests of the stages: smooth textures that can be moved by any amount, and measures of likeness.
import type { Picture } from '../../media/frame.ts';

/** A colourful band-limited texture, its scene moved by (dx, dy) pixels: what stood at p stands at p + (dx, dy). */
export const texture = (width: number, height: number, dx = 0, dy = 0): Picture => {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0, p = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [u, v] = [x - dx, y - dy];
      for (let c = 0; c < 3; c++, p++) {
        const waves =
          Math.sin(0.11 * u + 0.07 * v + c) +
          Math.sin(0.05 * u - 0.13 * v + 2 * c) +
          Math.sin(0.19 * u + 0.02 * v) * Math.cos(0.17 * v - 0.4 * c);
        data[p] = Math.round(128 + 38 * waves);
      }
    }
  }
  return { width, height, data };
};

export const flat = (width: number, height: number, colour: readonly [number, number, number]): Picture => ({
  width,
  height,
  data: Uint8Array.from({ length: width * height * 3 }, (_, p) => colour[p % 3]!),
});

/** A style that is known for every frame: colours turned and contrast raised. */
export const stylise = ({ width, height, data }: Picture): Picture => ({
  width,
  height,
  data: Uint8Array.from(data, (value, p) => {
    const other = data[p - (p % 3) + ((p + 1) % 3)]!;
    return Math.min(255, Math.max(0, Math.round(128 + 1.3 * (0.4 * value + 0.6 * other - 118))));
  }),
});

/** Peak signal-to-noise ratio in dB over the pixels that `counts` (default all), `margin` pixels of the border left out. */
export const psnr = (a: Picture, b: Picture, margin = 0, counts: (pixel: number) => boolean = () => true): number => {
  let [sum, count] = [0, 0];
  for (let y = margin; y < a.height - margin; y++) {
    for (let x = margin; x < a.width - margin; x++) {
      const pixel = y * a.width + x;
      if (!counts(pixel)) continue;
      for (let c = 0; c < 3; c++) sum += (a.data[3 * pixel + c]! - b.data[3 * pixel + c]!) ** 2;
      count += 3;
    }
  }
  return sum === 0 ? Number.POSITIVE_INFINITY : 10 * Math.log10((65025 * count) / sum);
};

/** Mean end-point error in pixels against a constant motion, `margin` pixels of the border left out. */
export const endPointError = (
  flow: Float32Array,
  width: number,
  height: number,
  [dx, dy]: readonly [number, number],
  margin: number,
): number => {
  let [sum, count] = [0, 0];
  for (let y = margin; y < height - margin; y++) {
    for (let x = margin; x < width - margin; x++) {
      const p = 2 * (y * width + x);
      sum += Math.hypot(flow[p]! - dx, flow[p + 1]! - dy);
      count++;
    }
  }
  return sum / count;
};
