// A style that is known for every frame: edge-preserving smoothing, colours turned by a third of the circle, posterisation,
// ink along edges.
// No random part and no memory, so the filtered frame is the truth that a propagated one is compared with.
import type { Picture } from '../../media/frame.ts';

const RADIUS = 2; // pixels
const ALIKE = 24; // levels of luma within which a neighbour joins the mean
const TONES = 6; // posterisation levels
const INK = 10; // levels of luma edge at which ink begins
const BLACK = 30; // ... at which it is black

const lumaOf = ({ width, height, data }: Picture): Float32Array =>
  Float32Array.from({ length: width * height }, (_, p) => 0.299 * data[3 * p]! + 0.587 * data[3 * p + 1]! + 0.114 * data[3 * p + 2]!);

/** Steps of 255 / TONES with soft risers, so that a level of noise does not flip a tone. */
const posterise = (value: number): number => {
  const tone = (value / 255) * TONES;
  const base = Math.floor(tone);
  const t = tone - base;
  return ((base + t * t * t * (t * (6 * t - 15) + 10)) / TONES) * 255;
};

const TONE = Uint8Array.from({ length: 256 }, (_, value) => Math.round(posterise(value)));

/** The stylised picture of a frame. */
export const paint = (frame: Picture): Picture => {
  const { width, height, data } = frame;
  const luma = lumaOf(frame);
  const out = new Uint8Array(data.length);
  for (let y = 0, p = 0; y < height; y++) {
    const [top, low] = [Math.max(0, y - RADIUS), Math.min(height - 1, y + RADIUS)];
    for (let x = 0; x < width; x++, p++) {
      const [left, right] = [Math.max(0, x - RADIUS), Math.min(width - 1, x + RADIUS)];
      let [r, g, b, count] = [0, 0, 0, 0];
      for (let j = top; j <= low; j++) {
        for (let q = j * width + left, end = j * width + right; q <= end; q++) {
          if (Math.abs(luma[q]! - luma[p]!) > ALIKE) continue;
          r += data[3 * q]!;
          g += data[3 * q + 1]!;
          b += data[3 * q + 2]!;
          count++;
        }
      }
      const dx = luma[y * width + right]! - luma[y * width + left]!;
      const dy = luma[low * width + x]! - luma[top * width + x]!;
      const edge = Math.sqrt(dx * dx + dy * dy) / 2;
      const shade = 1 - 0.85 * Math.min(1, Math.max(0, (edge - INK) / (BLACK - INK)));
      out[3 * p] = shade * TONE[Math.round(g / count)]!;
      out[3 * p + 1] = shade * TONE[Math.round(b / count)]!;
      out[3 * p + 2] = shade * TONE[Math.round(r / count)]!;
    }
  }
  return { width, height, data: out };
};
