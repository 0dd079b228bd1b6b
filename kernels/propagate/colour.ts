// sRGB to CIE LAB on the 8-bit scale and back, as f32 planes: L 0..255, a and b around 128 (D65). Twin: test/stages/plain/fusion.ts.

const STEPS: f32 = 4096; // of the two tables that are read between their entries
const KNEE: f32 = 0.008856;

/** Between the entries of a table over 0..1. */
// @ts-ignore: decorator
@inline
function lookUp(table: usize, t: f32): f32 {
  const u = (t > 0 ? (t < 1 ? t : 1) : 0) * STEPS;
  const i = min<i32>(<i32>u, <i32>STEPS - 1);
  const a = load<f32>(table + (<usize>i << 2));
  return a + (u - <f32>i) * (load<f32>(table + (<usize>i << 2), 4) - a);
}

// @ts-ignore: decorator
@inline
function lightness(t: f32, roots: usize): f32 {
  return t > KNEE ? lookUp(roots, t) : <f32>7.787 * t + <f32>0.13793103;
}

/**
 * @param rgb `stride` bytes a pixel
 * @param tables 256 f32 of linear light for each level, 4097 of cube roots over 0..1, 4097 of sRGB levels (0..255) over linear 0..1
 * @param out three planes of `count` f32
 */
export function toLab(rgb: usize, stride: i32, count: i32, tables: usize, out: usize): void {
  const roots = tables + 1024;
  const plane = <usize>count << 2;
  for (let p = 0; p < count; p++, rgb += stride, out += 4) {
    const r = load<f32>(tables + (<usize>load<u8>(rgb) << 2));
    const g = load<f32>(tables + (<usize>load<u8>(rgb, 1) << 2));
    const b = load<f32>(tables + (<usize>load<u8>(rgb, 2) << 2));
    const x = lightness(<f32>0.43395 * r + <f32>0.37622 * g + <f32>0.18983 * b, roots);
    const y = lightness(<f32>0.212671 * r + <f32>0.71516 * g + <f32>0.072169 * b, roots);
    const z = lightness(<f32>0.017758 * r + <f32>0.109477 * g + <f32>0.872765 * b, roots);
    store<f32>(out, <f32>2.55 * (<f32>116 * y - <f32>16));
    store<f32>(out + plane, <f32>500 * (x - y) + <f32>128);
    store<f32>(out + 2 * plane, <f32>200 * (y - z) + <f32>128);
  }
}

// @ts-ignore: decorator
@inline
function cube(f: f32): f32 {
  return f > <f32>0.20689 ? f * f * f : (f - <f32>0.13793103) * <f32>0.12841916;
}

/** The inverse of `toLab`, rounded to bytes. */
export function fromLab(lab: usize, count: i32, tables: usize, rgb: usize, stride: i32): void {
  const levels = tables + 1024 + 4 * 4097;
  const plane = <usize>count << 2;
  for (let p = 0; p < count; p++, rgb += stride, lab += 4) {
    const fy = (load<f32>(lab) * <f32>0.39215687 + <f32>16) * <f32>0.00862069;
    const x = cube(fy + (load<f32>(lab + plane) - <f32>128) * <f32>0.002) * <f32>0.950456;
    const y = cube(fy);
    const z = cube(fy - (load<f32>(lab + 2 * plane) - <f32>128) * <f32>0.005) * <f32>1.088754;
    store<u8>(rgb, <u8>(lookUp(levels, <f32>3.240479 * x - <f32>1.53715 * y - <f32>0.498535 * z) + <f32>0.5));
    store<u8>(rgb, <u8>(lookUp(levels, <f32>-0.969256 * x + <f32>1.875991 * y + <f32>0.041556 * z) + <f32>0.5), 1);
    store<u8>(rgb, <u8>(lookUp(levels, <f32>0.055648 * x - <f32>0.204043 * y + <f32>1.057311 * z) + <f32>0.5), 2);
  }
}

/** Mean and standard deviation (population) of a plane, f64, to `out`. */
export function moments(plane: usize, count: i32, out: usize): void {
  let sum: f64 = 0;
  for (let p: usize = 0; p < <usize>count; p++) sum += <f64>load<f32>(plane + (p << 2));
  const mean = sum / <f64>count;
  let squares: f64 = 0;
  for (let p: usize = 0; p < <usize>count; p++) {
    const d = <f64>load<f32>(plane + (p << 2)) - mean;
    squares += d * d;
  }
  store<f64>(out, mean);
  store<f64>(out, Math.sqrt(squares / <f64>count), 8);
}

/** plane = (plane - from) scale + to */
export function rescale(plane: usize, count: i32, from: f32, scale: f32, to: f32): void {
  for (let p: usize = 0; p < <usize>count; p++) store<f32>(plane + (p << 2), (load<f32>(plane + (p << 2)) - from) * scale + to);
}
