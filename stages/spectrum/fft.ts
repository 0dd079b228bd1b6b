// The discrete Fourier transform of any length: Cooley and Tukey's split by the smallest prime factor.

/** Complex numbers, real and imaginary parts apart. */
export type Complex = { readonly re: Float64Array; readonly im: Float64Array };

const smallestFactor = (n: number): number => {
  for (let p = 2; p * p <= n; p++) if (n % p === 0) return p;
  return n;
};

/** X_k = sum_j x_j exp(-2 pi i j k / n), not scaled. A prime length costs n^2, a power of two n log n. */
export const fft = ({ re, im }: Complex): Complex => {
  const n = re.length;
  const out = { re: new Float64Array(n), im: new Float64Array(n) };
  if (n === 0) return out;
  const cos = Float64Array.from({ length: n }, (_, k) => Math.cos((2 * Math.PI * k) / n));
  const sin = Float64Array.from({ length: n }, (_, k) => -Math.sin((2 * Math.PI * k) / n));
  /** Transforms `length` numbers from `from` on, `stride` apart, into `at`. */
  const transform = (length: number, from: number, stride: number, at: number): void => {
    if (length === 1) {
      out.re[at] = re[from]!;
      out.im[at] = im[from]!;
      return;
    }
    const p = smallestFactor(length);
    const m = length / p;
    for (let r = 0; r < p; r++) transform(m, from + r * stride, stride * p, at + r * m);
    const [partRe, partIm] = [out.re.slice(at, at + length), out.im.slice(at, at + length)];
    for (let k = 0; k < length; k++) {
      let [a, b] = [0, 0];
      for (let r = 0; r < p; r++) {
        const w = ((r * k) % length) * stride; // exp(-2 pi i r k / length), as length * stride = n
        const [x, y] = [partRe[r * m + (k % m)]!, partIm[r * m + (k % m)]!];
        a += x * cos[w]! - y * sin[w]!;
        b += x * sin[w]! + y * cos[w]!;
      }
      out.re[at + k] = a;
      out.im[at + k] = b;
    }
  };
  transform(n, 0, 1, 0);
  return out;
};

/** Amplitudes |X| of a real map [h, w], row-major, frequency 0 first in both directions. */
export const amplitudes2d = (map: ArrayLike<number>, height: number, width: number): Float64Array => {
  const [re, im] = [Float64Array.from(map), new Float64Array(height * width)];
  for (let y = 0; y < height; y++) {
    const row = fft({ re: re.subarray(y * width, (y + 1) * width), im: im.subarray(y * width, (y + 1) * width) });
    re.set(row.re, y * width);
    im.set(row.im, y * width);
  }
  const out = new Float64Array(height * width);
  for (let x = 0; x < width; x++) {
    const pick = (from: Float64Array) => Float64Array.from({ length: height }, (_, y) => from[y * width + x]!);
    const column = fft({ re: pick(re), im: pick(im) });
    for (let y = 0; y < height; y++) out[y * width + x] = Math.hypot(column.re[y]!, column.im[y]!);
  }
  return out;
};
