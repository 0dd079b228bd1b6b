// Gaussian noise that depends on what it is for, never on what was drawn before: same key, same bits, on every machine.

import { elements, type Tensor, tensor } from '../tensor.ts';
import { philoxInto } from './philox.ts';

/** What a piece of noise is for. Equal keys give equal noise; any difference gives unrelated noise. */
export type NoiseKey = {
  /** The user's seed, an integer in 0 .. 2^53 - 1. */
  readonly seed: number;
  /** Which draw of the algorithm it is, such as `start` or `encode`. */
  readonly purpose: string;
  /** Frame of the clip, default 0. Leave it out where all frames share their noise. */
  readonly frame?: number;
  /** Denoising step, default 0. */
  readonly step?: number;
};

/** FNV-1a, 32 bits. */
const hash = (text: string): number => {
  let h = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) h = Math.imul(h ^ byte, 0x01000193);
  return h >>> 0;
};

// Engines may round Math.log, Math.sin and Math.cos differently; + - * / and Math.sqrt are exact in ECMAScript.
// So the three functions are written out with these alone, to about 1e-12, far below the float32 that is kept.

/** 2^0 .. 2^32 */
const POWERS = Float64Array.from({ length: 33 }, (_, n) => 2 ** n);

/** ln(n / 2^32) for an integer n in 1 .. 2^32, by ln m = 2 artanh((m - 1) / (m + 1)) with m in [sqrt(1/2), sqrt 2). */
const logFraction = (n: number): number => {
  let exponent = n === 0x100000000 ? 32 : 31 - Math.clz32(n);
  let m = n / POWERS[exponent]!;
  if (m > Math.SQRT2) {
    m /= 2;
    exponent++;
  }
  const f = (m - 1) / (m + 1); // |f| <= 0.172
  const g = f * f;
  let series = 0;
  for (let k = 15; k >= 1; k -= 2) series = series * g + 1 / k;
  return 2 * f * series + (exponent - 32) * Math.LN2;
};

/** Cosine and sine of the turn n / 2^32 (a turn is 2 pi), to `out`, by Taylor's series on the eighth turn around a quarter. */
const turn = (n: number, out: Float64Array): void => {
  const quarter = Math.floor(n / 0x40000000 + 0.5);
  const x = (n / 0x100000000 - quarter / 4) * 2 * Math.PI; // |x| <= pi / 4
  const g = -x * x;
  let cos = 0;
  let sin = 0;
  for (let k = 14; k >= 2; k -= 2) {
    cos = ((cos + 1) * g) / (k * (k - 1));
    sin = ((sin + 1) * g) / (k * (k + 1));
  }
  cos += 1;
  sin = (sin + 1) * x;
  const [a, b] = quarter & 1 ? [sin, cos] : [cos, sin];
  out[0] = quarter & 3 && (quarter & 3) < 3 ? -a : a; // cos, -sin, -cos, sin
  out[1] = quarter & 2 ? -b : b; // sin, cos, -sin, -cos
};

/**
 * Standard normal noise, float32: Philox4x32-10 keyed by (seed; purpose, frame, step), then Box-Muller. Element i depends on the key and
 * on i alone, so a longer tensor begins like a shorter one; the same on every machine.
 * @throws RangeError for a seed that is no integer from 0 to 2^53 - 1
 */
export const gaussian = ({ seed, purpose, frame = 0, step = 0 }: NoiseKey, dims: readonly number[]): Tensor => {
  if (!Number.isSafeInteger(seed) || seed < 0) throw new RangeError(`seed must be an integer from 0 to 2^53 - 1, got ${seed}`);
  const key = [seed >>> 0, Math.floor(seed / 0x100000000)] as const;
  const name = hash(purpose);
  const data = new Float32Array(elements(dims));
  const words = new Uint32Array(4);
  const point = new Float64Array(2);
  for (let i = 0; i < data.length; i += 4) {
    philoxInto([i / 4, frame, step, name], key[0], key[1], words);
    for (let pair = 0; pair < 4; pair += 2) {
      const radius = Math.sqrt(-2 * logFraction(words[pair]! + 1)); // u in (0, 1]: the logarithm is finite
      turn(words[pair + 1]!, point);
      data[i + pair] = radius * point[0]!; // writes past the end are ignored
      data[i + pair + 1] = radius * point[1]!;
    }
  }
  return tensor(dims, data);
};
