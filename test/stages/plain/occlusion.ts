// The plain twin of kernels/flow/occlusion.ts.

const SLOPE = 0.01;
const SLACK = 0.5;

/** 1 where |f(p) + b(p + f(p))| > 0.01 (|f(p)| + |b(p)|) + 0.5; see `occlusion`. */
export const occlusion = (f: Float32Array, b: Float32Array, width: number, height: number): Uint8Array => {
  const occluded = new Uint8Array(width * height);
  for (let y = 0, p = 0; y < height; y++) {
    for (let x = 0; x < width; x++, p++) {
      const fx = f[2 * p]!;
      const fy = f[2 * p + 1]!;
      const u = x + fx;
      const v = y + fy;
      let bx = 0;
      let by = 0;
      if (u >= 0 && v >= 0 && u < width - 1 && v < height - 1) {
        const i = u | 0;
        const j = v | 0;
        const s = u - i;
        const t = v - j;
        const q = 2 * (j * width + i);
        const r = q + 2 * width;
        const w00 = (1 - s) * (1 - t);
        const w01 = s * (1 - t);
        const w10 = (1 - s) * t;
        const w11 = s * t;
        bx = w00 * b[q]! + w01 * b[q + 2]! + w10 * b[r]! + w11 * b[r + 2]!;
        by = w00 * b[q + 1]! + w01 * b[q + 3]! + w10 * b[r + 1]! + w11 * b[r + 3]!;
      } else if (u >= -1 && v >= -1 && u < width && v < height) {
        const i = Math.floor(u);
        const j = Math.floor(v);
        for (let k = 0; k < 4; k++) {
          const ci = i + (k & 1);
          const cj = j + (k >> 1);
          if (ci < 0 || cj < 0 || ci >= width || cj >= height) continue;
          const w = (k & 1 ? u - i : 1 - (u - i)) * (k >> 1 ? v - j : 1 - (v - j));
          bx += w * b[2 * (cj * width + ci)]!;
          by += w * b[2 * (cj * width + ci) + 1]!;
        }
      }
      const dx = fx + bx;
      const dy = fy + by;
      const gap = dx * dx + dy * dy;
      const back = b[2 * p]! * b[2 * p]! + b[2 * p + 1]! * b[2 * p + 1]!;
      if (gap <= SLACK * SLACK && back >= 0) continue; // most pixels: no root is needed
      const reach = Math.sqrt(fx * fx + fy * fy) + Math.sqrt(back);
      occluded[p] = Math.sqrt(gap) <= SLOPE * reach + SLACK ? 0 : 1; // a motion that is not a number hides the pixel, too
    }
  }
  return occluded;
};
