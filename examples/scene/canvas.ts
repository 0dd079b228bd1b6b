// A float picture with alpha that the layers of the scene are painted on; linear light, premultiplied.
import { clamp } from './noise.ts';

/** Linear light, 0..1 each (the sun may exceed 1). */
export type Colour = readonly [red: number, green: number, blue: number];

/**
 * Pixels over the rectangle [left, left + width / density) x [top, top + height / density) of the scene's 640x360 reference view.
 * `data` holds premultiplied linear RGBA.
 */
export type Canvas = {
  readonly left: number;
  readonly top: number;
  readonly density: number;
  readonly width: number;
  readonly height: number;
  readonly data: Float32Array;
};

/** An empty canvas over a rectangle of the reference view, `density` texels a pixel. */
export const canvas = (left: number, top: number, right: number, bottom: number, density: number): Canvas => {
  const width = Math.ceil((right - left) * density);
  const height = Math.ceil((bottom - top) * density);
  return { left, top, density, width, height, data: new Float32Array(width * height * 4) };
};

const toLinear = (v: number): number => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);

/** A colour from its 0xRRGGBB form. */
export const rgb = (hex: number): Colour => [toLinear((hex >> 16) / 255), toLinear(((hex >> 8) & 255) / 255), toLinear((hex & 255) / 255)];

export const blend = (a: Colour, b: Colour, t: number): Colour => [
  a[0] + (b[0] - a[0]) * t,
  a[1] + (b[1] - a[1]) * t,
  a[2] + (b[2] - a[2]) * t,
];
export const scale = (a: Colour, k: number): Colour => [a[0] * k, a[1] * k, a[2] * k];
export const tint = (a: Colour, b: Colour): Colour => [a[0] * b[0], a[1] * b[1], a[2] * b[2]];

/** Lays a colour of the given opacity over a texel; does nothing outside. */
export const put = (to: Canvas, i: number, j: number, colour: Colour, alpha: number): void => {
  if (i < 0 || j < 0 || i >= to.width || j >= to.height || alpha <= 0) return;
  const at = (j * to.width + i) * 4;
  const keep = 1 - alpha;
  to.data[at] = to.data[at]! * keep + colour[0] * alpha;
  to.data[at + 1] = to.data[at + 1]! * keep + colour[1] * alpha;
  to.data[at + 2] = to.data[at + 2]! * keep + colour[2] * alpha;
  to.data[at + 3] = to.data[at + 3]! * keep + alpha;
};

/** Paints every texel by a function of its place in the reference view; the function returns a colour and an opacity, or nothing. */
export const paint = (to: Canvas, shade: (x: number, y: number) => readonly [Colour, number] | undefined): void => {
  for (let j = 0; j < to.height; j++) {
    for (let i = 0; i < to.width; i++) {
      const painted = shade(to.left + (i + 0.5) / to.density, to.top + (j + 0.5) / to.density);
      if (painted) put(to, i, j, painted[0], painted[1]);
    }
  }
};

/** A soft-edged disc at a place of the reference view; `radius` in pixels of that view. */
export const dab = (to: Canvas, x: number, y: number, radius: number, colour: Colour, alpha = 1): void => {
  const cx = (x - to.left) * to.density - 0.5;
  const cy = (y - to.top) * to.density - 0.5;
  const r = radius * to.density;
  for (let j = Math.max(0, Math.floor(cy - r)); j <= Math.min(to.height - 1, Math.ceil(cy + r)); j++) {
    for (let i = Math.max(0, Math.floor(cx - r)); i <= Math.min(to.width - 1, Math.ceil(cx + r)); i++) {
      put(to, i, j, colour, alpha * clamp(r + 0.5 - Math.sqrt((i - cx) ** 2 + (j - cy) ** 2)));
    }
  }
};

/** A tapering stroke of dabs from one place to another. */
export const stroke = (to: Canvas, x0: number, y0: number, r0: number, x1: number, y1: number, r1: number, colour: Colour): void => {
  const steps = Math.max(1, Math.ceil((Math.hypot(x1 - x0, y1 - y0) * to.density) / Math.max(0.7, r1 * to.density * 0.6)));
  for (let k = 0; k <= steps; k++) {
    const t = k / steps;
    dab(to, x0 + (x1 - x0) * t, y0 + (y1 - y0) * t, r0 + (r1 - r0) * t, colour);
  }
};

/** Adds the bilinear sample at a place of the reference view to `out` (premultiplied RGBA), weighted by what `out` still lets through. */
export const sampleUnder = (from: Canvas, x: number, y: number, out: Float32Array): void => {
  const u = (x - from.left) * from.density - 0.5;
  const v = (y - from.top) * from.density - 0.5;
  const i = Math.floor(u);
  const j = Math.floor(v);
  if (i < 0 || j < 0 || i + 1 >= from.width || j + 1 >= from.height) return;
  const fx = u - i;
  const fy = v - j;
  const a = (j * from.width + i) * 4;
  const c = a + from.width * 4;
  const through = 1 - out[3]!;
  const d = from.data;
  for (let k = 0; k < 4; k++) {
    const top = d[a + k]! * (1 - fx) + d[a + 4 + k]! * fx;
    const bottom = d[c + k]! * (1 - fx) + d[c + 4 + k]! * fx;
    out[k] = out[k]! + through * (top * (1 - fy) + bottom * fy);
  }
};
