// Seeded noise of the plane: every texture of the scene is made of it, so a picture depends on nothing but coordinates.

/** A uniform number in [0, 1) for an integer lattice point. */
export const hash = (x: number, y: number, seed: number): number => {
  let h = Math.imul(x | 0, 0x27d4eb2d) ^ Math.imul(y | 0, 0x165667b1) ^ Math.imul(seed | 0, 0x9e3779b1);
  h = Math.imul(h ^ (h >>> 15), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return ((h ^ (h >>> 16)) >>> 0) / 4294967296;
};

/** Numbers in [0, 1), one after another, for drawing many strokes. */
export const sequence = (seed: number): (() => number) => {
  let i = 0;
  return () => hash(i++, 0, seed);
};

export const clamp = (x: number, low = 0, high = 1): number => Math.min(Math.max(x, low), high);
export const mix = (a: number, b: number, t: number): number => a + (b - a) * t;
export const smoothstep = (low: number, high: number, x: number): number => {
  const t = clamp((x - low) / (high - low));
  return t * t * (3 - 2 * t);
};

/** Value noise with quintic interpolation, in [-1, 1]; one lattice cell a unit. */
export const noise = (x: number, y: number, seed: number): number => {
  const xi = Math.floor(x);
  const yi = Math.floor(y);
  const fx = x - xi;
  const fy = y - yi;
  const u = fx * fx * fx * (fx * (fx * 6 - 15) + 10);
  const v = fy * fy * fy * (fy * (fy * 6 - 15) + 10);
  const top = mix(hash(xi, yi, seed), hash(xi + 1, yi, seed), u);
  const bottom = mix(hash(xi, yi + 1, seed), hash(xi + 1, yi + 1, seed), u);
  return mix(top, bottom, v) * 2 - 1;
};

/** Fractal sum of `octaves` of noise, each twice as fine and half as strong (the lattice turned, so that axes do not show). */
export const fractal = (x: number, y: number, octaves: number, seed: number): number => {
  let sum = 0;
  let amplitude = 0.5;
  for (let i = 0; i < octaves; i++) {
    sum += amplitude * noise(x, y, seed + i);
    [x, y] = [1.6 * x + 1.2 * y + 7.1, 1.6 * y - 1.2 * x + 3.7];
    amplitude *= 0.5;
  }
  return sum;
};

/** Ridged fractal in [0, 1]: sharp crests, as eroded mountains have. */
export const ridges = (x: number, y: number, octaves: number, seed: number): number => {
  let sum = 0;
  let amplitude = 0.5;
  let carry = 1;
  for (let i = 0; i < octaves; i++) {
    const crest = 1 - Math.abs(noise(x, y, seed + i));
    const sharp = crest * crest * carry;
    sum += amplitude * sharp;
    carry = clamp(sharp * 1.6);
    [x, y] = [1.6 * x + 1.2 * y + 5.3, 1.6 * y - 1.2 * x + 9.1];
    amplitude *= 0.5;
  }
  return sum;
};
