// Two pictures in one.
import type { Picture } from '../../media/frame.ts';

/** weight * over + (1 - weight) * under, pixel by pixel; both of one size. */
export const blendPictures = (over: Picture, under: Picture, weight: number): Picture => {
  if (weight >= 1) return over;
  const data = new Uint8Array(over.data.length);
  for (let i = 0; i < data.length; i++) {
    const base = under.data[i]!;
    data[i] = base + weight * (over.data[i]! - base) + 0.5; // cut off to a whole level
  }
  return { width: over.width, height: over.height, data };
};
