// Plain twins of kernels/propagate/{features,patch,occupancy,vote,shrink,faithful}.ts:
// the same integers, the same float operations in the same order.
const f = Math.fround;
const FAR = 0x3fffffff;

type Size = { readonly width: number; readonly height: number };

const clampTo = (v: number, high: number): number => (v < 0 ? 0 : v > high ? high : v);

export const lumaPlane = (rgb: Uint8Array): Uint8Array =>
  Uint8Array.from({ length: rgb.length / 3 }, (_, p) => (77 * rgb[3 * p]! + 150 * rgb[3 * p + 1]! + 29 * rgb[3 * p + 2]! + 128) >> 8);

const light = (v: number): number => (181 * v + 16) >> 5;
const heavy = (v: number): number => (181 * v + 8) >> 4;

const overPadded = ({ width, height }: Size, write: (x: number, y: number, to: number) => void): void => {
  for (let y = -2, to = 0; y < height + 2; y++)
    for (let x = -2; x < width + 2; x++, to += 8) write(clampTo(x, width - 1), clampTo(y, height - 1), to);
};

export const packSource = (rgb: Uint8Array, luma: Uint8Array, size: Size): Int16Array => {
  const { width, height } = size;
  const out = new Int16Array(8 * (width + 4) * (height + 4));
  const at = (x: number, y: number): number => luma[clampTo(y, height - 1) * width + clampTo(x, width - 1)]!;
  overPadded(size, (x, y, to) => {
    const p = y * width + x;
    const edge = clampTo(at(x, y - 1) + at(x, y + 1) + at(x - 1, y) + at(x + 1, y) - 4 * at(x, y), 255);
    out.set([0, 0, 0, heavy(rgb[3 * p]!), heavy(rgb[3 * p + 1]!), heavy(rgb[3 * p + 2]!), light(edge), 0], to);
  });
  return out;
};

export const packStyle = (rgba: Uint8Array, size: Size, out: Int16Array): void =>
  overPadded(size, (x, y, to) => {
    for (let c = 0; c < 3; c++) out[to + c] = light(rgba[4 * (y * size.width + x) + c]!);
  });

const rowDistance = (a: Int16Array, i: number, b: Int16Array, j: number): number => {
  let sum = 0;
  for (let n = 0; n < 40; n++) sum += (a[i + n]! - b[j + n]!) ** 2;
  return sum;
};

/** With the kernel's early ends, after 2 and after 3 rows. */
const distance = (a: Int16Array, i: number, b: Int16Array, j: number, stride: number, bound: number): number => {
  const row = (n: number): number => rowDistance(a, i + n * stride, b, j + n * stride);
  let sum = row(0) + row(1);
  if (sum >= bound) return FAR;
  sum += row(2);
  if (sum >= bound) return FAR;
  return sum + row(3) + row(4);
};

export const evaluate = (source: Int16Array, target: Int16Array, { width, height }: Size, matches: Int16Array): Int32Array => {
  const stride = 8 * (width + 4);
  return Int32Array.from({ length: width * height }, (_, p) => {
    const [x, y] = [p % width, Math.floor(p / width)];
    return distance(target, y * stride + 8 * x, source, matches[2 * p + 1]! * stride + 8 * matches[2 * p]!, stride, FAR);
  });
};

export const occupancy = (matches: Int16Array, { width, height }: Size): Int32Array => {
  const hits = new Int32Array(width * height);
  for (let p = 0; p < hits.length; p++) hits[matches[2 * p + 1]! * width + matches[2 * p]!]! += 1;
  return Int32Array.from(hits, (_, p) => {
    let sum = 0;
    for (let j = -4; j <= 4; j++) {
      for (let i = -4; i <= 4; i++) {
        const [x, y] = [(p % width) + i, Math.floor(p / width) + j];
        if (x >= 0 && y >= 0 && x < width && y < height) sum += (5 - Math.abs(i)) * (5 - Math.abs(j)) * hits[y * width + x]!;
      }
    }
    return sum;
  });
};

const scramble = (x: number, y: number, number: number): number => {
  let h = Math.imul(x, 0x9e3779b1) ^ Math.imul(y, 0x85ebca77) ^ Math.imul(number, 0xc2b2ae3d);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
};

/** What a search works on, as `bind` is told. */
export type Bound = Size & {
  readonly source: Int16Array;
  readonly target: Int16Array;
  readonly matches: Int16Array;
  readonly distances: Int32Array;
  readonly places: Float32Array;
  readonly used: Int32Array;
  readonly active: Uint8Array;
  readonly pullX: number;
  readonly pullY: number;
  readonly evenness: number;
};

type Best = { cost: number; distance: number; x: number; y: number };

const surcharge = ({ width, places, used, pullX, pullY, evenness }: Bound, p: number, x: number, y: number): number => {
  const dx = f(places[2 * p]! - x);
  const dy = f(places[2 * p + 1]! - y);
  const across = f(f(f(pullX) * dx) * dx);
  const down = f(f(f(pullY) * dy) * dy);
  return Math.trunc(Math.min(f(f(across + down) + f(f(evenness) * f(used[y * width + x]!))), 5e8));
};

const attempt = (on: Bound, best: Best, p: number, x: number, y: number): void => {
  const { width, height, source, target } = on;
  if (x < 0 || y < 0 || x >= width || y >= height || (x === best.x && y === best.y)) return;
  const extra = surcharge(on, p, x, y);
  if (extra >= best.cost) return;
  const stride = 8 * (width + 4);
  const patch = Math.floor(p / width) * stride + 8 * (p % width);
  const d = distance(target, patch, source, y * stride + 8 * x, stride, best.cost - extra);
  if (d + extra >= best.cost) return;
  Object.assign(best, { cost: d + extra, distance: d, x, y });
};

const present = (on: Bound, p: number): Best => {
  const [x, y, d] = [on.matches[2 * p]!, on.matches[2 * p + 1]!, on.distances[p]!];
  return { cost: d + surcharge(on, p, x, y), distance: d, x, y };
};

const keep = (on: Bound, p: number, best: Best): void => {
  on.matches[2 * p] = best.x;
  on.matches[2 * p + 1] = best.y;
  on.distances[p] = best.distance;
};

export const search = (on: Bound, backwards: boolean, radius: number, number: number): void => {
  const { width, height, matches, active } = on;
  const step = backwards ? -1 : 1;
  for (let n = 0; n < height; n++) {
    for (let m = 0; m < width; m++) {
      const [x, y] = backwards ? [width - 1 - m, height - 1 - n] : [m, n];
      const p = y * width + x;
      if (!active[p]) continue;
      const best = present(on, p);
      if (m > 0) attempt(on, best, p, matches[2 * (p - step)]! + step, matches[2 * (p - step) + 1]!);
      if (n > 0) attempt(on, best, p, matches[2 * (p - step * width)]!, matches[2 * (p - step * width) + 1]! + step);
      let h = scramble(x, y, number);
      for (let r = radius; r >= 1; r >>= 1) {
        const span = 2 * r + 1;
        attempt(on, best, p, best.x - r + (((h & 0xffff) * span) >>> 16), best.y - r + (((h >>> 16) * span) >>> 16));
        h = (Math.imul(h, 1664525) + 1013904223) >>> 0;
        h = (h ^ (h >>> 15)) >>> 0;
      }
      keep(on, p, best);
    }
  }
};

export const prefer = (on: Bound, other: Int16Array, lenience: number): void => {
  for (let p = 0; p < on.active.length; p++) {
    if (!on.active[p]) continue;
    const best = present(on, p);
    best.cost = Math.trunc(Math.min(f(f(lenience) * f(best.cost)), 1e9));
    attempt(on, best, p, other[2 * p]!, other[2 * p + 1]!);
    keep(on, p, best);
  }
};

/** @param style padded RGBA */
export const vote = (style: Uint8Array, { width, height }: Size, matches: Int16Array, active: Uint8Array, out: Uint8Array): void => {
  for (let p = 0; p < active.length; p++) {
    if (!active[p]) continue;
    const [x, y] = [p % width, Math.floor(p / width)];
    const sums = [0, 0, 0, 0];
    let count = 0;
    for (let j = Math.max(-2, -y); j <= Math.min(2, height - 1 - y); j++) {
      for (let i = Math.max(-2, -x); i <= Math.min(2, width - 1 - x); i++, count++) {
        const q = p + j * width + i;
        const at = 4 * ((matches[2 * q + 1]! + 2 - j) * (width + 4) + matches[2 * q]! + 2 - i);
        for (let c = 0; c < 4; c++) sums[c]! += style[at + c]!;
      }
    }
    for (let c = 0; c < 4; c++) out[4 * p + c] = Math.trunc(f(f(sums[c]! / count) + 0.5));
  }
};

export const halve = (from: Uint8Array, { width, height }: Size, channels: number): Uint8Array => {
  const [wide, high] = [(width + 1) >> 1, (height + 1) >> 1];
  return Uint8Array.from({ length: wide * high * channels }, (_, n) => {
    const [c, x, y] = [n % channels, 2 * (Math.floor(n / channels) % wide), 2 * Math.floor(n / channels / wide)];
    const at = (i: number, j: number): number => from[(Math.min(height - 1, j) * width + Math.min(width - 1, i)) * channels + c]!;
    return (at(x, y) + at(x + 1, y) + at(x, y + 1) + at(x + 1, y + 1) + 2) >> 2;
  });
};

export const halveMap = (from: Float32Array, { width, height }: Size): Float32Array => {
  const [wide, high] = [(width + 1) >> 1, (height + 1) >> 1];
  return Float32Array.from({ length: 2 * wide * high }, (_, n) => {
    const [c, x, y] = [n % 2, 2 * ((n >> 1) % wide), 2 * Math.floor((n >> 1) / wide)];
    const at = (i: number, j: number): number => from[2 * (Math.min(height - 1, j) * width + Math.min(width - 1, i)) + c]!;
    const sum = f(f(f(at(x, y) + at(x + 1, y)) + at(x, y + 1)) + at(x + 1, y + 1));
    return Math.min((c === 0 ? wide : high) - 1, Math.max(0, f(f(f(sum * 0.25) - 0.5) * 0.5)));
  });
};

export const doubleMatches = (from: Int16Array, { width, height }: Size): Int16Array => {
  const half = (width + 1) >> 1;
  return Int16Array.from({ length: 2 * width * height }, (_, n) => {
    const [c, x, y] = [n % 2, (n >> 1) % width, Math.floor((n >> 1) / width)];
    return Math.min((c === 0 ? width : height) - 1, 2 * from[2 * ((y >> 1) * half + (x >> 1)) + c]! + ((c === 0 ? x : y) & 1));
  });
};

/** Over a square around each pixel, places outside left out (`dilate`) or the border repeated (`feather`). */
const around = ({ width, height }: Size, radius: number, each: (values: number[]) => number, from: Uint8Array): Uint8Array =>
  Uint8Array.from(from, (_, p) => {
    const values: number[] = [];
    for (let j = -radius; j <= radius; j++) {
      for (let i = -radius; i <= radius; i++) {
        values.push(from[clampTo(Math.floor(p / width) + j, height - 1) * width + clampTo((p % width) + i, width - 1)]!);
      }
    }
    return each(values);
  });

export const dilate = (from: Uint8Array, size: Size, radius: number): Uint8Array =>
  around(size, radius, values => Math.max(...values), from);

export const feather = (from: Uint8Array, size: Size, radius: number): Uint8Array =>
  around(size, radius, values => Math.trunc((255 * values.reduce((a, b) => a + b, 0) + (values.length >> 1)) / values.length), from);

export const scatter = ({ width, height }: Size, number: number): Int16Array => {
  const out = new Int16Array(2 * width * height);
  for (let p = 0; p < width * height; p++) {
    const h = scramble(p % width, Math.floor(p / width), number);
    out[2 * p] = ((h & 0xffff) * width) >>> 16;
    out[2 * p + 1] = ((h >>> 16) * height) >>> 16;
  }
  return out;
};

/** See `mend`. */
export const mend = (warped: Uint8Array, made: Uint8Array, shares: Uint8Array): Uint8Array =>
  warped.map((level, n) => (n % 4 === 3 ? level : Math.round(level + (shares[n >> 2]! / 255) * (made[n]! - level))));
