// What was synthesised, put into the warped key. Twin: test/stages/plain/patch.ts.

/**
 * warped += share (made - warped), RGB of RGBA pixels, rounded; f64.
 * @param shares of what was made, one byte a pixel, 255 the whole
 */
export function mend(warped: usize, made: usize, shares: usize, count: i32): void {
  for (let p: usize = 0; p < <usize>count; p++) {
    if (p + 8 <= <usize>count && load<u64>(shares + p) == 0) {
      p += 7;
      continue;
    }
    const share = <f64>load<u8>(shares + p) / 255;
    if (share == 0) continue;
    for (let at = p << 2, end = at + 3; at < end; at++) {
      const level = <f64>load<u8>(warped + at);
      store<u8>(warped + at, <u8>(level + share * (<f64>load<u8>(made + at) - level) + 0.5));
    }
  }
}
