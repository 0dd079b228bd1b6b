// Chains of motion. Twin: test/stages/plain/compose.ts, bit for bit: f64, x and y side by side, kept as f32.
import { between, pair } from '../pairs';

/**
 * out(p) = step(p) + chain(p + step(p)), interleaved f32 x, y in pixels; `chain` is read bilinearly, at the border as its last pixel.
 * What is no number stays so.
 */
export function compose(step: usize, chain: usize, width: i32, height: i32, out: usize): void {
  const corner = f64x2.replace_lane(f64x2.splat(<f64>(width - 1)), 1, <f64>(height - 1));
  const last = i32x4.replace_lane(i32x4.splat(max(0, width - 2)), 1, max(0, height - 2)); // the cell that the last pixel belongs to
  const zero = f64x2.splat(0);
  const next: usize = width > 1 ? 8 : 0;
  const below: usize = height > 1 ? <usize>width << 3 : 0;
  for (let y = 0; y < height; y++) {
    const start = f64x2.replace_lane(zero, 1, <f64>y);
    for (let x = 0; x < width; x++, step += 8, out += 8) {
      const move = pair(step);
      const moved = f64x2.add(f64x2.replace_lane(start, 0, <f64>x), move);
      const place = f64x2.pmin(f64x2.pmax(moved, zero), corner);
      const whole = i32x4.min_s(i32x4.trunc_sat_f64x2_s_zero(place), last);
      const part = f64x2.sub(place, f64x2.convert_low_i32x4_s(whole));
      const s = v128.shuffle<f64>(part, part, 0, 0);
      const q = chain + (<usize>(i32x4.extract_lane(whole, 1) * width + i32x4.extract_lane(whole, 0)) << 3);
      const top = between(pair(q), pair(q + next), s);
      const low = between(pair(q + below), pair(q + below + next), s);
      const t = v128.shuffle<f64>(part, part, 1, 1);
      const sum = f64x2.add(f64x2.add(move, top), f64x2.mul(t, f64x2.sub(low, top)));
      v128.store64_lane(out, f32x4.demote_f64x2_zero(sum), 0);
    }
  }
}
