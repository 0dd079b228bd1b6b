// What is cut off a clip's sides before anything else, in Rerender's order.

import { UsageError } from './errors.ts';
import { show } from './show.ts';

/** Pixels of the clip as displayed. */
export type Crop = { readonly left: number; readonly right: number; readonly top: number; readonly bottom: number };

/** Reads `left,right,top,bottom`; undefined for no crop. @throws UsageError for anything else */
export const parseCrop = (text: string | undefined): Crop | undefined => {
  if (text === undefined) return undefined;
  const sides = text.split(',').map(side => (/^\s*\d+\s*$/.test(side) ? Number(side) : Number.NaN));
  const [left = 0, right = 0, top = 0, bottom = 0] = sides;
  if (sides.length !== 4 || !sides.every(Number.isInteger))
    throw new UsageError(`--crop must be left,right,top,bottom in pixels, such as 0,180,0,0; got ${show(text)}.`);
  return left + right + top + bottom === 0 ? undefined : { left, right, top, bottom };
};
