// The tables that the LAB kernels read: see kernels/propagate/colour.ts.

const STEPS = 4096;

const linear = (level: number): number => {
  const v = level / 255;
  return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
};

const level = (light: number): number => 255 * (light <= 0.0031308 ? 12.92 * light : 1.055 * light ** (1 / 2.4) - 0.055);

/** 256 of linear light for each level, 4097 cube roots over 0..1, 4097 sRGB levels over linear light 0..1. */
export const LAB_TABLES: Float32Array = Float32Array.from([
  ...Array.from({ length: 256 }, (_, i) => linear(i)),
  ...Array.from({ length: STEPS + 1 }, (_, i) => Math.cbrt(i / STEPS)),
  ...Array.from({ length: STEPS + 1 }, (_, i) => level(i / STEPS)),
]);
