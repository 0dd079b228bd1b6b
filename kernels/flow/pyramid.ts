// Planes of f32 levels with MARGIN pixels of their border repeated around them: halved, and their slopes.

/** Pixels of border on each side. A plane of w x h takes (w + 2 MARGIN)(h + 2 MARGIN) floats. */
export const MARGIN: i32 = 16;

/** Address of pixel (0, 0). */
// @ts-ignore: decorator
@inline
export function inside(plane: usize, width: i32): usize {
  return plane + (<usize>(MARGIN * (width + 2 * MARGIN) + MARGIN) << 2);
}

/** Repeats the border of a plane around it. */
export function surround(plane: usize, width: i32, height: i32): void {
  const stride = <usize>(width + 2 * MARGIN) << 2;
  const first = inside(plane, width);
  for (let y = 0; y < height; y++) {
    const row = first + <usize>y * stride;
    const left = load<f32>(row);
    const right = load<f32>(row + (<usize>(width - 1) << 2));
    for (let i: usize = 1; i <= <usize>MARGIN; i++) {
      store<f32>(row - (i << 2), left);
      store<f32>(row + ((<usize>(width - 1) + i) << 2), right);
    }
  }
  const top = first - (<usize>MARGIN << 2);
  for (let i: usize = 1; i <= <usize>MARGIN; i++) {
    memory.copy(top - i * stride, top, stride);
    memory.copy(top + (<usize>(height - 1) + i) * stride, top + <usize>(height - 1) * stride, stride);
  }
}

/** A plane of bytes as a plane of floats with its border. */
export function toFloats(bytes: usize, width: i32, height: i32, plane: usize): void {
  const stride = <usize>(width + 2 * MARGIN) << 2;
  const first = inside(plane, width);
  for (let y = 0; y < height; y++) {
    const row = first + <usize>y * stride;
    for (let x = 0; x < width; x++, bytes++) store<f32>(row + (<usize>x << 2), <f32>load<u8>(bytes));
  }
  surround(plane, width, height);
}

/** Means of 2x2 pixels: a plane of (width >> 1) x (height >> 1). An odd last column or row is left out. */
export function halve(plane: usize, width: i32, height: i32, half: usize): void {
  const w = width >> 1;
  const h = height >> 1;
  const stride = <usize>(width + 2 * MARGIN) << 2;
  const halfStride = <usize>(w + 2 * MARGIN) << 2;
  for (let y = 0; y < h; y++) {
    let from = inside(plane, width) + <usize>(2 * y) * stride;
    let to = inside(half, w) + <usize>y * halfStride;
    for (let x = 0; x < w; x++, from += 8, to += 4) {
      const sum = load<f32>(from) + load<f32>(from, 4) + load<f32>(from + stride) + load<f32>(from + stride, 4);
      store<f32>(to, sum * 0.25);
    }
  }
  surround(half, w, h);
}

/** Central differences of a plane, into two planes of the same layout (their margins are not written). */
export function slopes(plane: usize, width: i32, height: i32, dx: usize, dy: usize): void {
  const stride = <usize>(width + 2 * MARGIN) << 2;
  const half = f32x4.splat(0.5);
  for (let y = 0; y < height; y++) {
    const offset = inside(0, width) + <usize>y * stride;
    for (let x: usize = 0; x < <usize>width << 2; x += 16) { // the last few may reach into the margin
      const at = plane + offset + x;
      v128.store(dx + offset + x, f32x4.mul(half, f32x4.sub(v128.load(at, 4), v128.load(at - 4))));
      v128.store(dy + offset + x, f32x4.mul(half, f32x4.sub(v128.load(at + stride), v128.load(at - stride))));
    }
  }
}
