// Whether a picture keeps the drawing of another: SSIM of their luminance edges.

const WINDOW = 8; // pixels each way, as in the SSIM of Wang and Bovik (2002)
const STRIDE = 4;
const C1 = (0.01 * 255) ** 2;
const C2 = (0.03 * 255) ** 2;

/**
 * Mean SSIM (Wang et al. 2004, eq. 13) of two planes over 8x8 windows that lie 4 pixels apart; 1 when they are equal.
 * Planes smaller than a window are one window.
 */
export const ssim = (a: Float32Array, b: Float32Array, width: number, height: number): number => {
  const [w, h] = [Math.min(WINDOW, width), Math.min(WINDOW, height)];
  const n = w * h;
  let total = 0;
  let windows = 0;
  for (let top = 0; top + h <= height; top += STRIDE) {
    for (let left = 0; left + w <= width; left += STRIDE) {
      let [sa, sb, saa, sbb, sab] = [0, 0, 0, 0, 0];
      for (let y = top; y < top + h; y++) {
        for (let p = y * width + left, end = p + w; p < end; p++) {
          const x = a[p]!;
          const z = b[p]!;
          sa += x;
          sb += z;
          saa += x * x;
          sbb += z * z;
          sab += x * z;
        }
      }
      const [ma, mb] = [sa / n, sb / n];
      const va = Math.max(0, saa / n - ma * ma);
      const vb = Math.max(0, sbb / n - mb * mb);
      const cov = sab / n - ma * mb;
      total += ((2 * ma * mb + C1) * (2 * cov + C2)) / ((ma * ma + mb * mb + C1) * (va + vb + C2));
      windows++;
    }
  }
  return total / windows;
};
