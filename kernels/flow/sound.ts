// Whether motion can be followed.

/** Whether all of `count` f32 are numbers of less than `furthest` either way. */
export function isSound(field: usize, count: i32, furthest: f32): bool {
  const bound = f32x4.splat(furthest);
  let p = field;
  const end = field + (<usize>count << 2);
  for (const whole = field + ((<usize>count >> 2) << 4); p < whole; p += 16) {
    if (!i32x4.all_true(f32x4.lt(f32x4.abs(v128.load(p)), bound))) return false;
  }
  for (; p < end; p += 4) if (!(abs<f32>(load<f32>(p)) < furthest)) return false;
  return true;
}
