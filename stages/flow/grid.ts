// The grid that motion is estimated on: a whole fraction of the picture.

/** Width and height in grid cells. */
export type Grid = { readonly width: number; readonly height: number };

/**
 * How finely motion is known. `'fine'`: a cell a pixel, halved while the short side is longer than 600 cells. `'coarse'`: halved at least
 * once from a short side of 256 pixels, for a quarter of the work and twice the error. Both are the same below 256 and above 600 pixels.
 */
export type Detail = 'coarse' | 'fine';

const SMALLEST_HALVED = 256; // short side in pixels; smaller pictures are taken whole
const LARGEST_WHOLE = 600; // short side of a grid in cells

/** The grid of motion between pictures of this size. */
export const flowGrid = (width: number, height: number, detail: Detail = 'coarse'): Grid => {
  const short = Math.min(width, height);
  let fraction = detail === 'coarse' && short >= SMALLEST_HALVED ? 2 : 1;
  while (short / fraction > LARGEST_WHOLE) fraction *= 2;
  return { width: Math.round(width / fraction), height: Math.round(height / fraction) };
};

/** A flow field at another size: bilinear between cell centres, vectors scaled alike. Interleaved x, y in pixels of their own size. */
export const resizeFlow = (flow: Float32Array, from: Grid, to: Grid): Float32Array => {
  if (from.width === to.width && from.height === to.height) return flow.slice();
  const out = new Float32Array(2 * to.width * to.height);
  const [sx, sy] = [from.width / to.width, from.height / to.height];
  const [right, bottom] = [from.width - 1, from.height - 1];
  for (let y = 0, p = 0; y < to.height; y++) {
    const v = Math.min(bottom, Math.max(0, (y + 0.5) * sy - 0.5));
    const j = Math.min(Math.max(0, bottom - 1), Math.floor(v));
    const t = v - j;
    const down = bottom > 0 ? 2 * from.width : 0;
    for (let x = 0; x < to.width; x++) {
      const u = Math.min(right, Math.max(0, (x + 0.5) * sx - 0.5));
      const i = Math.min(Math.max(0, right - 1), Math.floor(u));
      const s = u - i;
      const next = right > 0 ? 2 : 0;
      for (let c = 0; c < 2; c++, p++) {
        const q = 2 * (j * from.width + i) + c;
        const top = flow[q]! * (1 - s) + flow[q + next]! * s;
        const low = flow[q + down]! * (1 - s) + flow[q + down + next]! * s;
        out[p] = (top * (1 - t) + low * t) / (c === 0 ? sx : sy);
      }
    }
  }
  return out;
};
