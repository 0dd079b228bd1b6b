// What the motion cannot show of a frame, and has to be synthesised; and how far that is believed. Twins: test/stages/plain/mark.ts, bit
// for bit.

/** The pixel nearest to a place along one axis. */
// @ts-ignore: decorator
@inline
function nearest(at: usize, last: i32): i32 {
  return max(0, min(last, <i32>floor<f64>(<f64>load<f32>(at) + 0.5)));
}

/**
 * Marks pixels of cells believed less than `least`, those whose match costs more than `wrong`, and, where there was a frame before, those
 * above `stays` that were marked there.
 * @param distances what the motion's own matches cost, i32 a pixel
 * @param cells the nearest cell of each pixel, i32; `belief` f32 a cell
 * @param there f32 x, y: the pixel's place in the frame before, whose marks are `before`; 0 where there was none
 * @param marks a byte a pixel, 0 or 1
 * @returns whether there is any
 */
export function mark(
  distances: usize, cells: usize, belief: usize, there: usize, before: usize,
  width: i32, height: i32, least: f64, wrong: i32, stays: i32, marks: usize,
): bool {
  let any = 0;
  for (let p: usize = 0, count = <usize>(width * height); p < count; p++) {
    let wanted = <i32>(<f64>load<f32>(belief + (<usize>load<i32>(cells + (p << 2)) << 2)) < least);
    const distance = load<i32>(distances + (p << 2));
    if (wanted == 0 && distance > stays) {
      if (distance > wrong) wanted = 1;
      else if (there != 0) {
        const at = there + (p << 3);
        wanted = <i32>load<u8>(before + <usize>(width * nearest(at + 4, height - 1) + nearest(at, width - 1)));
      }
    }
    store<u8>(marks + p, <u8>wanted);
    any |= wanted;
  }
  return any != 0;
}

/**
 * Raises belief in cells of what was synthesised to `trust` (1 - (d - noise) / range), by how well its guides fit: d is the mean of
 * sqrt(distance / unit) over the cell's marked pixels, in levels. f64, sums kept as f32.
 * @param count pixels; `grid` cells
 * @param sums, counts scratch, an f32 a cell each
 * @param belief f32 a cell, changed in place
 */
export function believe(
  marks: usize, distances: usize, cells: usize, count: i32, grid: i32,
  unit: f64, noise: f64, range: f64, trust: f64, sums: usize, counts: usize, belief: usize,
): void {
  const bytes = <usize>grid << 2;
  memory.fill(sums, 0, bytes);
  memory.fill(counts, 0, bytes);
  for (let p: usize = 0; p < <usize>count; p++) {
    if (load<u8>(marks + p) == 0) continue;
    const cell = <usize>load<i32>(cells + (p << 2)) << 2;
    const levels = sqrt<f64>(<f64>load<i32>(distances + (p << 2)) / unit);
    store<f32>(sums + cell, <f32>(<f64>load<f32>(sums + cell) + levels));
    store<f32>(counts + cell, load<f32>(counts + cell) + 1);
  }
  for (let cell: usize = 0; cell < bytes; cell += 4) {
    const marked = <f64>load<f32>(counts + cell);
    if (marked == 0) continue;
    const levels = <f64>load<f32>(sums + cell) / marked;
    const raised = trust * min<f64>(1, max<f64>(0, 1 - (levels - noise) / range));
    store<f32>(belief + cell, <f32>max<f64>(<f64>load<f32>(belief + cell), raised));
  }
}
