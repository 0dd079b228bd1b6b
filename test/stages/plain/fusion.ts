// Plain twins of kernels/propagate/colour.ts and poisson.ts: the same float operations in the same order.
const f = Math.fround;

const lookUp = (table: Float32Array, t: number): number => {
  const u = f((t > 0 ? (t < 1 ? t : 1) : 0) * 4096);
  const i = Math.min(Math.trunc(u), 4095);
  return f(table[i]! + f(f(u - i) * f(table[i + 1]! - table[i]!)));
};

/** f(ka a + kb b + kc c), left to right. */
const weigh = (ka: number, a: number, kb: number, b: number, kc: number, c: number): number =>
  f(f(f(f(ka) * a) + f(f(kb) * b)) + f(f(kc) * c));

/** @param tables 256 + 4097 + 4097 entries; @returns three planes */
export const toLab = (rgb: Uint8Array, tables: Float32Array): Float32Array => {
  const count = rgb.length / 3;
  const roots = tables.subarray(256);
  const out = new Float32Array(3 * count);
  const lightness = (t: number): number => (t > f(0.008856) ? lookUp(roots, t) : f(f(f(7.787) * t) + f(0.13793103)));
  for (let p = 0; p < count; p++) {
    const [r, g, b] = [tables[rgb[3 * p]!]!, tables[rgb[3 * p + 1]!]!, tables[rgb[3 * p + 2]!]!];
    const x = lightness(weigh(0.43395, r, 0.37622, g, 0.18983, b));
    const y = lightness(weigh(0.212671, r, 0.71516, g, 0.072169, b));
    const z = lightness(weigh(0.017758, r, 0.109477, g, 0.872765, b));
    out[p] = f(f(2.55) * f(f(116 * y) - 16));
    out[count + p] = f(f(500 * f(x - y)) + 128);
    out[2 * count + p] = f(f(200 * f(y - z)) + 128);
  }
  return out;
};

const cube = (v: number): number => (v > f(0.20689) ? f(f(v * v) * v) : f(f(v - f(0.13793103)) * f(0.12841916)));

export const fromLab = (lab: Float32Array, tables: Float32Array): Uint8Array => {
  const count = lab.length / 3;
  const levels = tables.subarray(256 + 4097);
  const out = new Uint8Array(3 * count);
  for (let p = 0; p < count; p++) {
    const fy = f(f(f(lab[p]! * f(0.39215687)) + 16) * f(0.00862069));
    const x = f(cube(f(fy + f(f(lab[count + p]! - 128) * f(0.002)))) * f(0.950456));
    const y = cube(fy);
    const z = f(cube(f(fy - f(f(lab[2 * count + p]! - 128) * f(0.005)))) * f(1.088754));
    const byte = (light: number): number => Math.trunc(f(lookUp(levels, light) + 0.5));
    out[3 * p] = byte(weigh(3.240479, x, -1.53715, y, -0.498535, z));
    out[3 * p + 1] = byte(weigh(-0.969256, x, 1.875991, y, 0.041556, z));
    out[3 * p + 2] = byte(weigh(0.055648, x, -0.204043, y, 1.057311, z));
  }
  return out;
};

export type Wanted = {
  readonly width: number;
  readonly height: number;
  readonly image: Float32Array;
  readonly a: Float32Array;
  readonly b: Float32Array;
  readonly share: Float32Array;
  readonly trust: Float32Array;
};

/** The residual k D'(g - D image), without the kernel's border. */
export const lacking = ({ width, height, image, a, b, share, trust }: Wanted, k: number, clip: number): Float32Array => {
  const lack = (p: number, step: number): number => {
    const da = f(a[p + step]! - a[p]!);
    const db = f(b[p + step]! - b[p]!);
    const g = Math.max(-clip, Math.min(clip, f(da + f(share[p]! * f(db - da)))));
    return f(trust[p]! * f(g - f(image[p + step]! - image[p]!)));
  };
  return Float32Array.from(image, (_, p) => {
    const [x, y] = [p % width, Math.floor(p / width)];
    let sum = 0;
    if (x > 0) sum = f(sum + lack(p - 1, 1));
    if (x < width - 1) sum = f(sum - lack(p, 1));
    if (y > 0) sum = f(sum + lack(p - width, width));
    if (y < height - 1) sum = f(sum - lack(p, width));
    return f(f(k) * sum);
  });
};

/** image + the solution of (1 + k L) d = residual. */
export const solve = (
  image: Float32Array,
  residual: Float32Array,
  width: number,
  height: number,
  k: number,
  sweeps: number,
): Float32Array => {
  const x = image.slice();
  const r = residual.slice();
  const centre = f(1 + f(4 * f(k)));
  const delta = f(4 * f(k));
  const sigma = f(centre / delta);
  let rho = f(1 / sigma);
  let d = r.map(value => f(value / centre));
  for (let sweep = 0; sweep < sweeps; sweep++) {
    const ahead = f(1 / f(f(2 * sigma) - rho));
    const gain = f(f(2 * ahead) / delta);
    const keep = f(ahead * rho);
    const next = new Float32Array(d.length);
    for (let p = 0; p < d.length; p++) {
      const [i, j] = [p % width, Math.floor(p / width)];
      const left = d[i > 0 ? p - 1 : p]!;
      const right = d[i < width - 1 ? p + 1 : p]!;
      const up = d[j > 0 ? p - width : p]!;
      const down = d[j < height - 1 ? p + width : p]!;
      x[p] = f(x[p]! + d[p]!);
      r[p] = f(r[p]! - f(f(centre * d[p]!) - f(f(k) * f(f(left + right) + f(up + down)))));
      next[p] = f(f(keep * d[p]!) + f(gain * r[p]!));
    }
    d = next;
    rho = ahead;
  }
  return x;
};
