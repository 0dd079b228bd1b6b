// The size that a clip is worked at: what the networks need, near the clip's own shape.
import { UsageError } from '../config/errors.ts';
import { roundHalfEven } from '../config/round-half-even.ts';

/** Sides in pixels. */
export type Size = { readonly width: number; readonly height: number };

/** How large a clip is worked at. */
export type SizeOptions = {
  /** Pixels of the shorter side; default 512. Smaller clips are enlarged to it, as a network sees little in small pictures. */
  readonly size?: number | undefined;
  /** Both sides are multiples of this; default 8, the factor of a latent. Rerender's own rule is 64. */
  readonly multiple?: number | undefined;
};

/** The smallest side that flow and networks can work on, pixels. */
const SMALLEST = 64;

/** Sides of the working size differ at most by this factor, or a strip of 2000x20 would be worked at 51200x512. */
const LONGEST = 8;

/**
 * The working size of a clip of the given displayed size.
 * Rounds as Python does, so that sizes equal Rerender's.
 * k = size / min(width, height), less for strips; each side = round(side * k / multiple) * multiple, at least 64.
 * @throws UsageError for a size below 64
 */
export const workingSize = (
  clip: { readonly width: number; readonly height: number },
  { size = 512, multiple = 8 }: SizeOptions = {},
): { width: number; height: number } => {
  if (!(Number.isFinite(size) && size >= SMALLEST)) {
    throw new UsageError(`--size ${size} is too small to work at: give at least ${SMALLEST} pixels`);
  }
  const k = Math.min(size / Math.min(clip.width, clip.height), (LONGEST * size) / Math.max(clip.width, clip.height));
  const fit = (pixels: number): number => Math.max(Math.ceil(SMALLEST / multiple), roundHalfEven((pixels * k) / multiple)) * multiple;
  return { width: fit(clip.width), height: fit(clip.height) };
};

/**
 * The size of a result: the source's displayed size, or what was asked for, with both sides multiples of `multiple`
 * (2 where the encoder halves the colour planes).
 * @param wanted one side alone is completed by the source's shape
 */
export const outputSize = (
  source: { readonly width: number; readonly height: number },
  wanted: { readonly width?: number | undefined; readonly height?: number | undefined },
  multiple: number,
  warn: (message: string) => void,
): { width: number; height: number } => {
  const { width: w, height: h } = wanted;
  const width = w ?? (h === undefined ? source.width : (source.width * h) / source.height);
  const height = h ?? (w === undefined ? source.height : (source.height * w) / source.width);
  const fit = (side: number): number => Math.max(multiple, Math.floor(side / multiple) * multiple);
  const size = { width: fit(Math.round(width)), height: fit(Math.round(height)) };
  const exact = w === undefined && h === undefined && (size.width !== source.width || size.height !== source.height);
  if (exact)
    warn(`H.264 in 4:2:0 has even sides only: ${source.width}x${source.height} becomes ${size.width}x${size.height}; .webm keeps odd ones`);
  return size;
};
