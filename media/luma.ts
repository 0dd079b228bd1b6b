// The luma of decoded pictures.
import type { Picture } from './frame.ts';

/** Y = 0.2126 R + 0.7152 G + 0.0722 B of gamma-coded levels (BT.709, as frames are decoded), in levels; `at` is the place of R. */
export const lumaAt = (data: Uint8Array, at: number): number => 0.2126 * data[at]! + 0.7152 * data[at + 1]! + 0.0722 * data[at + 2]!;

/** A picture in shades of grey: its luma in all three channels, rounded. */
export const shadesOfGrey = ({ width, height, data }: Picture): Picture => {
  const grey = new Uint8Array(data.length);
  for (let at = 0; at < data.length; at += 3) grey.fill(Math.round(lumaAt(data, at)), at, at + 3);
  return { width, height, data: grey };
};
