// The luma of decoded pictures.

/** Y = 0.2126 R + 0.7152 G + 0.0722 B of gamma-coded levels (BT.709, as frames are decoded), in levels; `at` is the place of R. */
export const lumaAt = (data: Uint8Array, at: number): number => 0.2126 * data[at]! + 0.7152 * data[at + 1]! + 0.0722 * data[at + 2]!;
