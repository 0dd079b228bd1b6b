// How much a picture says of its motion, and in which direction: the structure tensor.
import { mean } from './mean';

// @ts-ignore: decorator
@inline
function level(plane: usize, p: i32): f32 {
  return <f32>load<u8>(plane + p);
}

/**
 * Means over (2 radius + 1)^2 cells of Ix Ix, Ix Iy and Iy Iy, central differences, edges repeated; levels^2 a cell^2.
 * @param out three planes of an f32 a cell, one behind the other. `plane` and `rows` are scratch of one, `sums` an f32 a column
 */
export function structure(luma: usize, width: i32, height: i32, radius: i32, plane: usize, rows: usize, sums: usize, out: usize): void {
  const size = <usize>(width * height) << 2;
  for (let part = 0; part < 3; part++, out += size) {
    for (let y = 0, p = 0; y < height; y++) {
      const up = y > 0 ? width : 0;
      const down = y < height - 1 ? width : 0;
      for (let x = 0; x < width; x++, p++) {
        const dx: f32 = 0.5 * (level(luma, x < width - 1 ? p + 1 : p) - level(luma, x > 0 ? p - 1 : p));
        const dy: f32 = 0.5 * (level(luma, p + down) - level(luma, p - up));
        store<f32>(plane + (<usize>p << 2), part == 0 ? dx * dx : part == 1 ? dx * dy : dy * dy);
      }
    }
    mean(plane, width, height, radius, rows, sums, out);
  }
}
