// GMFlow's forward-backward test. Twin: test/stages/plain/occlusion.ts, bit for bit: f64, x and y side by side.
import { pair } from '../pairs';

/** What a cell outside of the field counts as: nothing. The four cells around (u, v), of which not all lie inside. */
function atBorder(b: usize, u: f64, v: f64, width: i32, height: i32): v128 {
  const i = <i32>floor<f64>(u);
  const j = <i32>floor<f64>(v);
  let sum = f64x2.splat(0);
  for (let k = 0; k < 4; k++) {
    const x = i + (k & 1);
    const y = j + (k >> 1);
    if (x < 0 || y < 0 || x >= width || y >= height) continue;
    const share = (k & 1 ? u - <f64>i : 1 - (u - <f64>i)) * (k >> 1 ? v - <f64>j : 1 - (v - <f64>j));
    sum = f64x2.add(sum, f64x2.mul(f64x2.splat(share), pair(b + (<usize>(y * width + x) << 3))));
  }
  return sum;
}

/**
 * 1 where |f(p) + b(p + f(p))| > slope (|f(p)| + |b(p)|) + slack, else 0; 1, too, where a motion is no number.
 * @param f, b interleaved f32 x, y in cells; `b` is read bilinearly, as 0 outside
 * @param hidden a byte a cell
 */
export function occlusion(f: usize, b: usize, width: i32, height: i32, slope: f64, slack: f64, hidden: usize): void {
  const right = <f64>(width - 1);
  const bottom = <f64>(height - 1);
  const below = <usize>width << 3;
  for (let y = 0, here = b; y < height; y++) {
    for (let x = 0; x < width; x++, f += 8, here += 8, hidden++) {
      const there = pair(f);
      const u = <f64>x + f64x2.extract_lane(there, 0);
      const v = <f64>y + f64x2.extract_lane(there, 1);
      let back = f64x2.splat(0);
      if (u >= 0 && v >= 0 && u < right && v < bottom) {
        const i = <i32>u;
        const j = <i32>v;
        const s = u - <f64>i;
        const t = v - <f64>j;
        const q = b + (<usize>(j * width + i) << 3);
        const top = f64x2.add(f64x2.mul(f64x2.splat((1 - s) * (1 - t)), pair(q)), f64x2.mul(f64x2.splat(s * (1 - t)), pair(q + 8)));
        const both = f64x2.add(top, f64x2.mul(f64x2.splat((1 - s) * t), pair(q + below)));
        back = f64x2.add(both, f64x2.mul(f64x2.splat(s * t), pair(q + below + 8)));
      } else if (u >= -1 && v >= -1 && u < right + 1 && v < bottom + 1) back = atBorder(b, u, v, width, height);
      const apart = f64x2.add(there, back);
      const squares = f64x2.mul(apart, apart);
      const gap = f64x2.extract_lane(squares, 0) + f64x2.extract_lane(squares, 1);
      const own = f64x2.mul(pair(here), pair(here));
      const length = f64x2.extract_lane(own, 0) + f64x2.extract_lane(own, 1);
      if (gap <= slack * slack && length >= 0) {
        store<u8>(hidden, 0); // most cells: no root is needed
        continue;
      }
      const motion = f64x2.mul(there, there);
      const reach = sqrt<f64>(f64x2.extract_lane(motion, 0) + f64x2.extract_lane(motion, 1)) + sqrt<f64>(length);
      store<u8>(hidden, sqrt<f64>(gap) <= slope * reach + slack ? 0 : 1);
    }
  }
}
