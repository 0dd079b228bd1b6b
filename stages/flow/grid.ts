// The grid that motion is estimated on: a whole fraction of the picture, since half the size is 4 times cheaper and no worse on real clips.

/** Width and height in grid cells. */
export type Grid = { readonly width: number; readonly height: number };

const SMALLEST_HALVED = 256; // short side in pixels; smaller pictures are taken whole
const LARGEST_WHOLE = 600; // short side of a grid in cells

/** The grid of neighbours of this size: halved once from a short side of 256, and again while it is longer than 600. */
export const flowGrid = (width: number, height: number): Grid =>
  gridFrom(Math.min(width, height) >= SMALLEST_HALVED ? 2 : 1, width, height);

/** The grid of key frames: whole, and halved while its short side is longer than 600. */
export const keyGrid = (width: number, height: number): Grid => gridFrom(1, width, height);

const gridFrom = (fraction: number, width: number, height: number): Grid => {
  while (Math.min(width, height) / fraction > LARGEST_WHOLE) fraction *= 2;
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
