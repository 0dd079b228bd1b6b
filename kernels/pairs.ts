// Numbers side by side: f32 in memory, f64 in hand, two at once; and the four bytes of a pixel.

/** Two f32 as f64. */
// @ts-ignore: decorator
@inline
export function pair(at: usize): v128 {
  return f64x2.promote_low_f32x4(v128.load64_zero(at));
}

/** a + t (b - a) */
// @ts-ignore: decorator
@inline
export function between(a: v128, b: v128, t: v128): v128 {
  return f64x2.add(a, f64x2.mul(t, f64x2.sub(b, a)));
}

/** Four bytes as i32. */
// @ts-ignore: decorator
@inline
export function bytes(at: usize): v128 {
  return i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(at)));
}
