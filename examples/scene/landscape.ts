// Sky, mountains, wooded hills and the lake that mirrors them.
import { blend, type Canvas, type Colour, canvas, paint, put, rgb, sampleUnder, scale, tint } from './canvas.ts';
import { clamp, fractal, hash, mix, noise, ridges, smoothstep } from './noise.ts';

/** Row of the far shore in the reference view. */
export const HORIZON = 206;

const SUN: Colour = [1.5, 1.22, 0.88]; // late afternoon, from the upper left, behind the viewer
const SHADE: Colour = [0.3, 0.38, 0.56]; // what the sky adds in shadow
const LIGHT = [-0.62, 0.6, -0.5] as const; // towards the sun: x right, y up, z away
const AIR = rgb(0xb4c6dc);

const sunlit = (albedo: Colour, diffuse: number): Colour =>
  tint(albedo, [SHADE[0] + SUN[0] * diffuse, SHADE[1] + SUN[1] * diffuse, SHADE[2] + SUN[2] * diffuse]);

/** A blue afternoon with fair-weather clouds, warmer towards the horizon. */
export const sky = (): Canvas => {
  const to = canvas(-60, -40, 700, HORIZON + 10, 1.5);
  const zenith = rgb(0x3f79bd);
  const middle = rgb(0x86b4de);
  const low = rgb(0xf3dfc0);
  const density = (x: number, y: number): number => {
    const depth = 210 / (y + 250); // clouds shrink towards the horizon
    const u = (x - 320) * 0.0105 * depth + 3;
    const v = y * 0.024 * depth;
    const warp = fractal(u * 1.3 + 9, v * 1.3, 3, 11);
    return fractal(u + 0.5 * warp, v + 0.35 * warp, 7, 23) + 0.12 * noise(u * 0.35, v * 0.4, 5);
  };
  paint(to, (x, y) => {
    const t = clamp((y + 40) / (HORIZON + 40));
    const air = t < 0.6 ? blend(zenith, middle, t / 0.6) : blend(middle, low, ((t - 0.6) / 0.4) ** 1.5);
    const here = density(x, y);
    const cover = smoothstep(0.03, 0.3, here) * (1 - 0.35 * smoothstep(150, 206, y));
    const towardsSun = density(x - 9, y - 11);
    const lit = clamp(0.62 + (here - towardsSun) * 1.9);
    const cloud = blend(rgb(0x9aa6bf), rgb(0xfff3df), lit);
    return [blend(air, cloud, cover * 0.94), 1];
  });
  return to;
};

/** Heights in pixels of the reference view over (x, depth 0 = near .. 1 = far), and the ground's colour. */
type Relief = {
  readonly height: (x: number, depth: number) => number;
  readonly ground: (x: number, depth: number, height: number, slope: number) => Colour;
  /** How much the height differences steer the light. */
  readonly relief: number;
  /** Share of air in the colour, near and far. */
  readonly haze: readonly [near: number, far: number];
};

/** Heights at every column and depth step, near first. */
const survey = (to: Canvas, steps: number, height: Relief['height']): Float32Array => {
  const heights = new Float32Array(steps * to.width);
  for (let k = 0, p = 0; k < steps; k++) {
    for (let i = 0; i < to.width; i++, p++) heights[p] = height(to.left + (i + 0.5) / to.density, k / (steps - 1));
  }
  return heights;
};

/** Draws a relief from far to near, column by column: each step fills from its height down to the base. */
const terrain = (to: Canvas, base: number, steps: number, { height, ground, relief, haze }: Relief): void => {
  const heights = survey(to, steps, height);
  const { width } = to;
  for (let i = 0; i < width; i++) {
    const x = to.left + (i + 0.5) / to.density;
    for (let k = steps - 1; k >= 0; k--) {
      const depth = k / (steps - 1);
      const at = k * width + i;
      const h = heights[at]!;
      const nx = (heights[at - (i > 0 ? 1 : 0)]! - heights[at + (i < width - 1 ? 1 : 0)]!) * relief;
      const nz = (heights[at - (k > 0 ? width : 0)]! - heights[at + (k < steps - 1 ? width : 0)]!) * relief;
      const diffuse = clamp((nx * LIGHT[0] + LIGHT[1] + nz * LIGHT[2]) / Math.hypot(nx, 1, nz)) ** 1.15;
      const colour = blend(sunlit(ground(x, depth, h, Math.hypot(nx, nz)), diffuse), AIR, mix(haze[0], haze[1], depth));
      const edge = (base - h - to.top) * to.density;
      const first = Math.floor(edge);
      put(to, i, first, colour, 1 - (edge - first));
      const last = k === 0 ? to.height - 1 : Math.min(to.height - 1, first + 14);
      for (let j = first + 1; j <= last; j++) put(to, i, j, colour, 1);
    }
  }
};

/** Snowy mountains behind the lake. */
export const mountains = (): Canvas => {
  const to = canvas(-70, 30, 710, HORIZON + 16, 1.5);
  const snow = rgb(0xf2f1f2);
  const rock = rgb(0x77726f);
  const scree = rgb(0x67725a);
  terrain(to, HORIZON + 4, 200, {
    height: (x, depth) => {
      const shape = 0.45 + 0.55 * smoothstep(-120, 260, x) * (1 - 0.75 * smoothstep(380, 760, x));
      const rise = Math.sin(depth * 2.6) * 0.85 + 0.15;
      return shape * rise * 205 * ridges(x * 0.0056 + depth * 0.9 + 2.2, depth * 1.5 - x * 0.0034 + 4, 7, 41) + 6 * depth;
    },
    ground: (x, depth, h, slope) => {
      const white = smoothstep(58, 84, h + 30 * fractal(x * 0.05, depth * 12, 4, 77)) * smoothstep(5.5, 2.2, slope);
      return blend(blend(scree, rock, smoothstep(20, 62, h)), snow, white);
    },
    relief: 0.6,
    haze: [0.22, 0.4],
  });
  return to;
};

/** A rounded tree crown a lattice cell: its bulge 0..1 and a number that is the tree's own. */
const crowns = (x: number, y: number, seed: number): readonly [bulge: number, own: number] => {
  let bulge = 0;
  let own = 0;
  const xi = Math.floor(x);
  const yi = Math.floor(y);
  for (let j = yi - 1; j <= yi + 1; j++) {
    for (let i = xi - 1; i <= xi + 1; i++) {
      const dx = x - i - hash(i, j, seed);
      const dy = y - j - hash(i, j, seed + 1);
      const b = 1 - (dx * dx + dy * dy) * mix(0.9, 1.8, hash(i, j, seed + 2));
      if (b > bulge) [bulge, own] = [b, hash(i, j, seed + 3)];
    }
  }
  return [bulge, own];
};

const GREENS = [0x2f4a2c, 0x47632e, 0x5c7a33, 0x7d8a38, 0xb08f37, 0xb5652b].map(rgb);

const foliage = (own: number): Colour => {
  const at = own ** 1.6 * (GREENS.length - 1);
  const i = Math.min(GREENS.length - 2, Math.floor(at));
  return blend(GREENS[i]!, GREENS[i + 1]!, at - i);
};

/** Wooded hills with clearings; `rise` shapes the outline, `size` the trees in pixels. */
export const hills = (seed: number, size: number, base: number, rise: (x: number) => number, haze: readonly [number, number]): Canvas => {
  const to = canvas(-110, 60, 750, base + 14, 1.5);
  const meadow = rgb(0x9aa855);
  const clearing = (x: number, depth: number): number => smoothstep(0.1, 0.2, fractal(x * 0.011 + seed, depth * 2.3, 3, seed + 9));
  const land = (x: number, depth: number): number =>
    rise(x) * (Math.max(0, depth) ** 0.8 * 0.92 + 0.08) + 9 * fractal(x * 0.017, depth * 2, 4, seed) * depth;
  const wood = (x: number, depth: number) => crowns(x / size, depth * (66 / size), seed + 20);
  terrain(to, base, 190, {
    height: (x, depth) =>
      land(x, depth) + (1 - clearing(x, depth)) * size * 0.85 * Math.sqrt(wood(x, depth)[0]) * smoothstep(0, 0.03, depth),
    ground: (x, depth) => {
      const [bulge, own] = wood(x, depth);
      const leaf = scale(foliage(own), 0.55 + 0.6 * bulge + 0.25 * noise(x * 1.9, depth * 160, seed + 5));
      const grass = scale(meadow, 1 + 0.25 * fractal(x * 0.2, depth * 40, 3, seed + 7));
      return blend(leaf, grass, clearing(x, depth));
    },
    relief: 0.6,
    haze,
  });
  return to;
};

/** The lake: what stands above the shore mirrored in ripples, over deep green water. */
export const lake = (above: readonly Canvas[]): Canvas => {
  const to = canvas(-340, HORIZON - 1, 980, 420, 1.5);
  const deep = rgb(0x1c4a57);
  const out = new Float32Array(4);
  paint(to, (x, y) => {
    const d = Math.max(0.5, y - HORIZON); // pixels below the far shore: the distance is in proportion to 1 / d
    const u = (x - 320) / (d + 14);
    const far = 1400 / (d + 14);
    const swell = fractal(u * 3.2, far * 1.1, 4, 61);
    const ripple = fractal(u * 13 + 3 * swell, far * 4.2, 3, 67);
    out.fill(0);
    const wave = x + (swell * 5 + ripple * 3) * smoothstep(0, 25, d);
    const mx = wave < -50 ? -100 - wave : wave > 690 ? 1380 - wave : wave; // what stands outside of the painted view repeats
    const my = HORIZON - d * 0.92 + (swell * 26 + ripple * 12) * smoothstep(0, 40, d);
    for (const layer of above) sampleUnder(layer, mx, Math.min(HORIZON - 1, Math.max(-30, my)), out);
    const mirror = clamp(0.78 - d * 0.0032 + 0.4 * ripple);
    const colour = blend(deep, [out[0]!, out[1]!, out[2]!], mirror);
    const glint = smoothstep(0.3, 0.5, ripple + 0.35 * swell) * 0.4;
    return [blend(colour, rgb(0xfff0d0), glint * smoothstep(2, 30, d)), 1];
  });
  return to;
};
