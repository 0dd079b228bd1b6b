// What SDXL is told of a picture's size and crop, as options write it.
import { UsageError } from './errors.ts';
import { show } from './show.ts';

/** [height, width] and [top, left], in pixels; absent where the drawn size and 0, 0 hold. */
export type SizeIds = { readonly original?: readonly [number, number]; readonly crop?: readonly [number, number] };

const MOST = 16_384; // pixels

const pair = (text: string, pattern: RegExp): readonly [number, number] | undefined => {
  const [, a, b] = pattern.exec(text.trim()) ?? [];
  const numbers = [Number(a), Number(b)] as const;
  return a !== undefined && numbers.every(n => n <= MOST) ? numbers : undefined;
};

/** Reads `--original-size WIDTHxHEIGHT` and `--crop-ids TOP,LEFT`. @throws UsageError for anything else */
export const parseSizeIds = ({ originalSize, cropIds }: { originalSize?: string | undefined; cropIds?: string | undefined }): SizeIds => {
  const size = originalSize === undefined ? undefined : pair(originalSize, /^(\d+)\s*x\s*(\d+)$/i);
  const corner = cropIds === undefined ? undefined : pair(cropIds, /^(\d+)\s*,\s*(\d+)$/);
  if (originalSize !== undefined && (!size || size.includes(0))) {
    throw new UsageError(`--original-size must be WIDTHxHEIGHT in pixels, at most ${MOST}, such as 1024x1024; got ${show(originalSize)}.`);
  }
  if (cropIds !== undefined && !corner) {
    throw new UsageError(`--crop-ids must be top,left in pixels, at most ${MOST}, such as 0,0; got ${show(cropIds)}.`);
  }
  return { ...(size && { original: [size[1], size[0]] as const }), ...(corner && { crop: corner }) };
};
