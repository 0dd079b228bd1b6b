// Push-pull: spreads what is known of a field into its holes, near things first.
import type { Grid } from '../flow/grid.ts';

/** One level of the pyramid: three colour sums and a weight a cell, interleaved. */
type Level = Grid & { readonly data: Float32Array };

const halve = ({ width, height, data }: Level): Level => {
  const half = { width: (width + 1) >> 1, height: (height + 1) >> 1 };
  const out = new Float32Array(4 * half.width * half.height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = 4 * (y * width + x);
      const to = 4 * ((y >> 1) * half.width + (x >> 1));
      for (let c = 0; c < 4; c++) out[to + c] = out[to + c]! + data[from + c]!;
    }
  }
  // A cell that has weight enough counts like any other, so that distant colours do not outvote near ones.
  for (let p = 3; p < out.length; p += 4) {
    const over = Math.max(1, out[p]!);
    for (let c = 0; c < 4; c++) out[p - c] = out[p - c]! / over;
  }
  return { ...half, data: out };
};

/**
 * Spreads weighted colours over the whole grid (push-pull). `sums` holds weight x value for three channels and the weight (0..1), and is
 * left holding values everywhere, with weight 1. Without any weight at all the values are 0.
 */
export const spread = (grid: Grid, sums: Float32Array): void => {
  const levels: Level[] = [{ ...grid, data: sums }];
  while (levels.at(-1)!.width > 1 || levels.at(-1)!.height > 1) levels.push(halve(levels.at(-1)!));
  const top = levels.at(-1)!.data;
  for (let c = 0; c < 3; c++) top[c] = top[3]! > 0 ? top[c]! / top[3]! : 0;
  for (let n = levels.length - 2; n >= 0; n--) pull(levels[n]!, levels[n + 1]!);
};

/** Completes a level by the coarser one, bilinear between cell centres. */
const pull = ({ width, height, data }: Level, coarse: Level): void => {
  for (let y = 0; y < height; y++) {
    const j0 = y >> 1;
    const j1 = Math.min(coarse.height - 1, Math.max(0, y & 1 ? j0 + 1 : j0 - 1));
    for (let x = 0; x < width; x++) {
      const i0 = x >> 1;
      const i1 = Math.min(coarse.width - 1, Math.max(0, x & 1 ? i0 + 1 : i0 - 1));
      const p = 4 * (y * width + x);
      const rest = 1 - Math.min(1, data[p + 3]!);
      for (let c = 0; c < 3; c++) {
        const near = 0.75 * coarse.data[4 * (j0 * coarse.width + i0) + c]! + 0.25 * coarse.data[4 * (j0 * coarse.width + i1) + c]!;
        const far = 0.75 * coarse.data[4 * (j1 * coarse.width + i0) + c]! + 0.25 * coarse.data[4 * (j1 * coarse.width + i1) + c]!;
        data[p + c] = data[p + c]! + rest * (0.75 * near + 0.25 * far);
      }
      data[p + 3] = 1;
    }
  }
};
