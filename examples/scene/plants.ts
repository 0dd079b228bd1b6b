// The foreground: a tree with thousands of leaves, and the flowering slope it stands on.
import { blend, type Canvas, type Colour, canvas, dab, paint, rgb, scale, stroke } from './canvas.ts';
import { clamp, fractal, mix, noise, sequence } from './noise.ts';

const warm = (colour: Colour, light: number): Colour => [
  colour[0] * (0.2 + 1.35 * light),
  colour[1] * (0.25 + 1.2 * light),
  colour[2] * (0.32 + 0.85 * light),
];

type Tip = { readonly x: number; readonly y: number; readonly size: number };

/** Draws a branch and its twigs; returns where leaves hang. */
const branch = (to: Canvas, next: () => number, x: number, y: number, angle: number, length: number, radius: number): Tip[] => {
  const bend = (next() - 0.5) * 0.5;
  const steps = 5;
  const shine = warm(rgb(0x7a6348), 0.45 + 0.3 * next());
  const tips: Tip[] = [];
  for (let k = 0; k < steps; k++) {
    const a = angle + (bend * k) / steps;
    const nx = x + (Math.cos(a) * length) / steps;
    const ny = y - (Math.sin(a) * length) / steps;
    const r0 = radius * (1 - 0.09 * k);
    const r1 = radius * (1 - 0.09 * (k + 1));
    stroke(to, x, y, r0, nx, ny, r1, warm(rgb(0x4a3a2d), 0.22));
    stroke(to, x - r0 * 0.35, y - r0 * 0.1, r0 * 0.5, nx - r1 * 0.35, ny - r1 * 0.1, r1 * 0.5, shine);
    [x, y] = [nx, ny];
    if (length < 40) tips.push({ x, y, size: 6 + length * 0.16 });
  }
  if (length < 17) return tips;
  const forks = length > 60 ? 3 : 2 + Math.round(next());
  for (let k = 0; k < forks; k++) {
    const side = forks === 1 ? 0 : (k / (forks - 1)) * 2 - 1;
    tips.push(...branch(to, next, x, y, angle + side * mix(0.35, 0.62, next()), length * mix(0.62, 0.8, next()), radius * 0.6));
  }
  return tips;
};

/** A broad tree at the right of the picture, its boughs reaching in; late-summer green turning to gold. */
export const tree = (): Canvas => {
  const to = canvas(400, -110, 960, 420, 1.8);
  const next = sequence(211);
  const tips = branch(to, next, 736, 405, 1.72, 122, 15);
  tips.push(
    ...branch(to, next, 724, 280, 2.45, 62, 6),
    ...branch(to, next, 726, 285, 0.8, 80, 7),
    ...branch(to, next, 720, 225, 2.9, 58, 5),
  );
  const palette = [0x24401c, 0x3f6224, 0x62822d, 0x8f9a35, 0xc79a38].map(rgb);
  const [cx, cy] = [725, 110]; // middle of the crown
  for (const depth of [0, 0.5, 1]) {
    for (const tip of tips) {
      if (depth === 1 && next() < 0.3) continue; // gaps where inner leaves stay in shadow
      const gold = clamp(0.42 + 1.1 * fractal(tip.x * 0.016, tip.y * 0.016, 3, 223));
      const outer = clamp(0.5 - ((tip.x - cx) * 0.5 + (tip.y - cy) * 0.7) / 190);
      const cluster = next() - 0.5;
      for (let k = 0; k < tip.size * 1.5; k++) {
        const angle = next() * 6.283;
        const d = next() ** 0.65 * tip.size * (1.2 - 0.4 * depth);
        const dx = Math.cos(angle) * d - depth * 1.5;
        const dy = Math.sin(angle) * d * 0.75 - depth * 2;
        const side = -(dx * 0.5 + dy * 0.75) / tip.size;
        const light = clamp(-0.05 + 0.3 * depth + 0.32 * outer + 0.4 * side + 0.16 * cluster + 0.4 * (next() - 0.5));
        const at = clamp(gold * 0.6 + 0.4 * next()) * (palette.length - 1.001);
        const i = Math.floor(at);
        const [x, y, r] = [tip.x + dx, tip.y + dy, mix(0.6, 1.5, next())];
        const lean = (next() - 0.5) * 3;
        stroke(to, x, y, r, x + lean, y + r, r * 0.5, warm(blend(palette[i]!, palette[i + 1]!, at - i), light));
      }
    }
  }
  return to;
};

/** Top of the slope in the reference view; `rise` lifts it towards the right. */
const slope = (x: number, level: number, rise: number): number =>
  level - rise * clamp((x - 150) / 560) ** 1.5 + 5 * fractal(x * 0.012, level, 3, 301);

const PETALS = [0xd8352a, 0xe2513a, 0xf4f0e6, 0xf1c63c, 0x8a6fc0].map(rgb);

/** A meadow slope: grass blades from back to front, with poppies, daisies and cornflowers among them. */
export const meadow = (seed: number, level: number, rise: number, blade: number, flowers: number): Canvas => {
  const to = canvas(-260, level - rise - 46, 900, 430, 1.7);
  paint(to, (x, y) => {
    const d = y - slope(x, level, rise);
    if (d < 0) return undefined;
    const patch = fractal(x * 0.02, y * 0.05, 4, seed);
    return [warm(blend(rgb(0x3f5a22), rgb(0x77892f), clamp(0.45 + patch)), clamp(0.34 + 0.25 * patch)), clamp(d)];
  });
  const next = sequence(seed + 1);
  const rows = 46;
  for (let row = 0; row < rows; row++) {
    const t = row / (rows - 1);
    const size = blade * mix(0.55, 1.6, t);
    for (let k = 0; k < 420; k++) {
      const x = to.left + next() * 1160;
      const y = slope(x, level, rise) + 1 + t * t * 105 + next() * 4;
      if (y > 428) continue;
      const patch = fractal(x * 0.018, y * 0.04, 3, seed + 3);
      const colour = blend(blend(rgb(0x4c6a24), rgb(0xa3b248), clamp(0.45 + patch + 0.5 * (next() - 0.5))), rgb(0xd9c069), next() ** 4);
      const lean = (next() - 0.42) * 0.7 * size + 0.12 * size * noise(x * 0.02, 0, 5);
      const tall = size * mix(0.7, 1.3, next());
      stroke(to, x, y, 0.75, x + lean * 0.35, y - tall * 0.55, 0.6, warm(colour, 0.3 + 0.3 * next()));
      stroke(to, x + lean * 0.35, y - tall * 0.55, 0.6, x + lean, y - tall, 0.3, warm(colour, 0.55 + 0.35 * next()));
    }
    for (let k = 0; k < flowers; k++) {
      const x = to.left + next() * 1160;
      const y = slope(x, level, rise) + 2 + t * t * 100 - size * mix(0.5, 1, next());
      if (y > 425 || fractal(x * 0.011, y * 0.03, 3, seed + 5) < -0.1 + 0.25 * next()) continue;
      const petal = PETALS[Math.floor(next() ** 1.5 * PETALS.length)]!;
      const r = size * mix(0.1, 0.17, next());
      for (let p = 0; p < 5; p++) {
        const a = p * 1.2566 + next();
        dab(
          to,
          x + Math.cos(a) * r * 0.8,
          y + Math.sin(a) * r * 0.6,
          r * 0.75,
          warm(scale(petal, mix(0.75, 1.1, next())), 0.72 - 0.12 * Math.cos(a) - 0.15 * Math.sin(a)),
        );
      }
      dab(to, x, y, r * 0.4, warm(rgb(0x4a3420), 0.4));
    }
  }
  return to;
};
