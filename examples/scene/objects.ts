// The things people made: a lighthouse on its point, a hot-air balloon, a sailing boat.
import { blend, type Canvas, type Colour, canvas, dab, paint, put, rgb, scale, stroke } from './canvas.ts';
import { clamp, fractal, hash, mix, noise, sequence, smoothstep } from './noise.ts';

const DAY: Colour = [1.25, 1.12, 0.95];
const lit = (colour: Colour, light: number): Colour => [
  colour[0] * (0.28 + DAY[0] * light),
  colour[1] * (0.34 + DAY[1] * light),
  colour[2] * (0.45 + DAY[2] * light),
];

/** Light on an upright cylinder, `u` from -1 (left) to 1 (right); the sun stands on the left. */
const round = (u: number): number => clamp(0.42 - 0.62 * u + 0.25 * Math.sqrt(Math.max(0, 1 - u * u)));

const windows = (to: Canvas, places: readonly (readonly [number, number])[], w: number, h: number): void => {
  for (const [x, y] of places) {
    paintBox(to, x - w / 2 - 0.6, y - h / 2 - 0.6, x + w / 2 + 0.6, y + h / 2 + 0.6, () => rgb(0xe9e2d2));
    paintBox(to, x - w / 2, y - h / 2, x + w / 2, y + h / 2, (_, v) => blend(rgb(0x23323f), rgb(0x6f8798), v));
  }
};

const paintBox = (to: Canvas, x0: number, y0: number, x1: number, y1: number, shade: (u: number, v: number) => Colour): void => {
  const d = to.density;
  for (let j = Math.round((y0 - to.top) * d); j < Math.round((y1 - to.top) * d); j++) {
    for (let i = Math.round((x0 - to.left) * d); i < Math.round((x1 - to.left) * d); i++) {
      put(to, i, j, shade(((i + 0.5) / d + to.left - x0) / (x1 - x0), ((j + 0.5) / d + to.top - y0) / (y1 - y0)), 1);
    }
  }
};

/** A rocky, grassy point reaching into the lake from the left, with a lighthouse and the keeper's cottage. */
export const point = (): Canvas => {
  const to = canvas(-130, 60, 330, 300, 1.8);
  const top = (x: number): number =>
    214 + 30 * smoothstep(120, 262, x) ** 1.4 - 7 * Math.sin((x + 40) * 0.017) + 4 * fractal(x * 0.05, 3, 3, 101);
  const foot = (x: number): number => 250 + 5 * fractal(x * 0.06, 8, 3, 105) - 4 * smoothstep(150, 270, x);
  paint(to, (x, y) => {
    const above = top(x);
    const below = foot(x);
    if (y < above || y > below || x > 268) return undefined;
    const grassy = smoothstep(0.35, 0.6, 1 - (y - above) / Math.max(6, below - above) + 0.35 * fractal(x * 0.09, y * 0.12, 4, 107));
    const facet = fractal(x * 0.11, y * 0.2, 5, 109) - fractal(x * 0.11 - 0.12, y * 0.2 - 0.1, 5, 109);
    const rock = lit(blend(rgb(0x6d6257), rgb(0xa89a84), 0.5 + fractal(x * 0.04, y * 0.3, 4, 111)), clamp(0.55 + facet * 3.2));
    const tuft = fractal(x * 0.35, y * 0.55, 4, 113);
    const grass = lit(blend(rgb(0x4f6b2c), rgb(0x9db04c), clamp(0.5 + tuft)), clamp(0.62 + 0.5 * tuft));
    const wet = smoothstep(below - 5, below - 1, y);
    return [scale(blend(rock, grass, grassy), 1 - 0.55 * wet), clamp((y - above) * 1.5) * clamp((below - y) * 1.5)];
  });
  // The cottage: a lit gable wall, a long wall in half light, a tiled roof.
  const wall = rgb(0xe8dcc4);
  paintBox(to, 40, 184, 86, 212, (u, v) => lit(scale(wall, 0.93 + 0.07 * noise(u * 30, v * 18, 3)), 0.62 - 0.1 * u));
  paint(to, (x, y) => {
    const t = (y - 166) / 20;
    if (t < 0 || t > 1 || x < 45 - 8 * t || x > 81 + 8 * t) return undefined;
    const row = Math.floor(t * 9);
    const tile = hash(Math.floor((x + (row % 2) * 1.5) / 3), row, 5);
    return [lit(blend(rgb(0xa5492f), rgb(0xc8743f), tile), 0.72 - 0.2 * (t * 9 - row)), 1];
  });
  paintBox(to, 70, 158, 76, 172, u => lit(rgb(0x9d5a44), 0.8 - 0.5 * u));
  windows(to, [[49, 195], [63, 195]], 6, 8); // biome-ignore format: two windows
  paintBox(to, 73, 193, 80, 212, (_, v) => lit(rgb(0x35566b), 0.6 - 0.2 * v));
  // The lighthouse: a tapering white tower with two red bands, gallery, lantern, cap.
  paint(to, (x, y) => {
    const t = (y - 98) / (214 - 98);
    if (t < 0 || t > 1) return undefined;
    const half = mix(9, 15.5, t ** 1.2);
    const u = (x - 128) / half;
    if (Math.abs(u) > 1.05) return undefined;
    const red = (t > 0.2 && t < 0.4) || (t > 0.62 && t < 0.82);
    const stain = 1 - 0.12 * smoothstep(0, 0.6, fractal(x * 0.5, y * 0.045, 4, 131));
    return [scale(lit(red ? rgb(0xc23a2e) : rgb(0xf3efe4), round(u)), stain), clamp((1 - Math.abs(u)) * half * 1.8 + 0.5)];
  });
  windows(to, [[126, 148], [128, 184]], 4, 7); // biome-ignore format: two windows
  paintBox(to, 115, 95, 141, 99, u => lit(rgb(0x4a4d52), round(u * 2 - 1)));
  paintBox(to, 120, 80, 136, 95, (u, v) =>
    blend(lit(rgb(0x7fa6bd), round(u * 2 - 1)), [1.7, 1.35, 0.7], 0.75 * Math.exp(-(((u - 0.42) * 4) ** 2) - ((v - 0.5) * 2.6) ** 2)),
  );
  for (const x of [120, 125, 131, 136]) stroke(to, x, 80, 0.5, x, 95, 0.5, rgb(0x33363b));
  for (let k = 0; k <= 13; k++) stroke(to, 115 + k * 2, 89, 0.28, 115 + k * 2, 95, 0.28, rgb(0x3a3d42));
  stroke(to, 115, 89, 0.4, 141, 89, 0.4, rgb(0x3a3d42));
  paint(to, (x, y) => {
    const t = (y - 68) / 12;
    const u = (x - 128) / (10.5 * Math.sqrt(Math.max(0, t)));
    return t >= 0 && t <= 1 && Math.abs(u) <= 1 ? [lit(rgb(0xa93227), round(u)), clamp((1 - Math.abs(u)) * 8)] : undefined;
  });
  stroke(to, 128, 62, 0.4, 128, 69, 0.8, rgb(0x33363b));
  // Bushes at the walls.
  const next = sequence(137);
  for (let k = 0; k < 900; k++) {
    const bush = Math.floor(next() * 9);
    const cx = [32, 92, 100, 148, 158, -20, -50, 8, 190][bush]!;
    const r = 4 + 6 * hash(bush, 0, 9);
    const angle = next() * 6.283;
    const d = Math.sqrt(next()) * r;
    const y = top(cx) + 3 - r * 0.4 + Math.sin(angle) * d * 0.8;
    const light = clamp(0.45 - ((Math.cos(angle) * d) / r) * 0.3 - ((Math.sin(angle) * d) / r) * 0.4 + 0.3 * (next() - 0.5));
    dab(to, cx + Math.cos(angle) * d * 1.3, y, 0.8 + next(), lit(blend(rgb(0x33512a), rgb(0x7f9440), next()), light));
  }
  return to;
};

/** A striped hot-air balloon around (0, 0) of its own view, about 52 wide and 80 high, with its basket. */
export const balloon = (): Canvas => {
  const to = canvas(-34, -44, 34, 64, 2.4);
  const gores = [0xd8402f, 0xf2b233, 0xf4ead4, 0x2f7f9d, 0xf4ead4, 0xf2b233].map(rgb);
  const half = (y: number): number => {
    if (y < 6) return 27 * Math.sqrt(Math.max(0, 1 - ((y - 2) / 36) ** 2 * (y < 2 ? 1 : 0)));
    return 27 * Math.cos(clamp((y - 6) / 37) * 1.36);
  };
  for (const side of [-1, 1])
    for (const spread of [1, 0.45]) stroke(to, side * 5.5 * spread, 41, 0.25, side * 3.6 * spread, 52, 0.25, rgb(0x4a3a2c));
  paint(to, (x, y) => {
    if (y < -34 || y > 43) return undefined;
    const r = half(y);
    const u = x / r;
    if (r <= 0 || Math.abs(u) > 1.05) return undefined;
    const turn = Math.asin(clamp(u, -1, 1)) / Math.PI + 0.5; // 0..1 over the visible half
    const at = turn * 9 + 0.3;
    const gore = Math.floor(at);
    const seam = 1 - 0.22 * smoothstep(0.42, 0.5, Math.abs(at - gore - 0.5));
    const puff = 0.1 * Math.cos((at - gore - 0.5) * 3);
    const band = y > 8 && y < 14 ? rgb(0x2b4f7c) : undefined;
    const colour = band ?? gores[gore % gores.length]!;
    const light = clamp(round(u) * 0.9 + 0.25 - 0.011 * (y + 6) + puff);
    return [scale(lit(colour, light), seam * (1 + 0.05 * noise(x * 0.8, y * 0.8, 151))), clamp((1 - Math.abs(u)) * r * 2 + 0.5)];
  });
  paintBox(to, -5, 51, 5, 59, (u, v) =>
    lit(blend(rgb(0x7a5230), rgb(0xa97a48), hash(Math.floor(u * 8), Math.floor(v * 6), 3)), round(u * 2 - 1)),
  );
  stroke(to, -5, 51, 0.6, 5, 51, 0.6, rgb(0x5a3b20));
  return to;
};

/** A small sloop with two sails around (0, 0) at its waterline, about 46 wide and 62 high, with a soft reflection. */
export const boat = (): Canvas => {
  const to = canvas(-32, -66, 34, 26, 2.4);
  const sail = (x0: number, x1: number, tip: number, foot: number, colour: Colour, belly: number): void =>
    paint(to, (x, y) => {
      const t = (y - tip) / (foot - tip);
      if (t < 0 || t > 1) return undefined;
      const leech = x0 + (x1 - x0) * t + belly * Math.sin(t * Math.PI);
      const u = (x - x0) / (leech - x0);
      if (u < 0 || u > 1) return undefined;
      const cloth = 0.96 + 0.05 * Math.cos(t * 40) + 0.04 * noise(x * 0.3, y * 0.3, 9);
      return [scale(lit(colour, 0.85 - 0.45 * u ** 1.5), cloth), clamp((1 - u) * 14) * clamp(u * 14 + 0.3)];
    });
  stroke(to, -1, -62, 0.5, -1, -5, 0.9, rgb(0x6b4a2c));
  sail(0.5, 19, -59, -10, rgb(0xf8efdc), 2.5);
  sail(-2.5, -19, -52, -8, rgb(0xd9583f), -2);
  stroke(to, -1, -9, 0.5, 20, -9, 0.5, rgb(0x6b4a2c));
  paint(to, (x, y) => {
    const t = (y + 6.5) / 7.5;
    if (t < 0 || t > 1 || x < -21 + 5 * t * t || x > 23 - 3.5 * t) return undefined;
    return [lit(t < 0.22 ? rgb(0xf0e6d2) : blend(rgb(0x2f4f6e), rgb(0x203a55), t), 0.75 - 0.012 * (x + 21)), 1];
  });
  paint(to, (x, y) => {
    if (y < 1 || y > 24) return undefined;
    const wave = x + 2.2 * noise(x * 0.1, y * 0.9, 7);
    const hull = y < 8 ? smoothstep(24, 19, Math.abs(wave - 0.5)) : 0;
    const cloth = smoothstep(17 - y * 0.4, 13 - y * 0.5, Math.abs(wave - 1)) * smoothstep(24, 8, y);
    const colour = hull > 0.5 ? rgb(0x28425a) : wave > 0 ? rgb(0xcfc8b6) : rgb(0xa85645);
    return [colour, 0.55 * Math.max(hull, cloth * (0.55 + 0.45 * noise(x * 0.25, y * 1.3, 19)))];
  });
  return to;
};
