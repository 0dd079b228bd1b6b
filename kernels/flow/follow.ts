// A picture's luma pulled along motion. Twin: test/stages/plain/follow.ts, bit for bit: f64.

/**
 * out(p) = plane(p + map(p)), bilinear, rounded, border repeated.
 * @param plane, out a byte a cell
 * @param map interleaved f32 x, y in cells, all of them numbers
 */
export function follow(plane: usize, map: usize, width: i32, height: i32, out: usize): void {
  const right = <f64>(width - 1);
  const bottom = <f64>(height - 1);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++, map += 8, out++) {
      const u = min<f64>(right, max<f64>(0, <f64>x + <f64>load<f32>(map)));
      const v = min<f64>(bottom, max<f64>(0, <f64>y + <f64>load<f32>(map, 4)));
      const i = <i32>u;
      const j = <i32>v;
      const s = u - <f64>i;
      const t = v - <f64>j;
      const q = plane + <usize>(j * width + i);
      const next: usize = s > 0 ? 1 : 0;
      const below: usize = t > 0 ? <usize>width : 0;
      const first = <f64>load<u8>(q);
      const third = <f64>load<u8>(q + below);
      const top = first + s * (<f64>load<u8>(q + next) - first);
      const low = third + s * (<f64>load<u8>(q + below + next) - third);
      store<u8>(out, <u8>(<i32>(top + t * (low - top) + 0.5)));
    }
  }
}
