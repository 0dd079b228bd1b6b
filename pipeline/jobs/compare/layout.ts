// Where the clips of a comparison stand in its picture.
import type { Picture } from '../../../media/frame.ts';
import { TEXT_HEIGHT, textLine } from '../../../media/glyphs.ts';
import type { Size } from '../../../media/size.ts';

/** Sides of a comparison are at most so long where nothing else is asked for, pixels: what screens show. */
const LONGEST = 1920;

const GAP = 4; // pixels between cells

const even = (pixels: number): number => Math.max(2, 2 * Math.round(pixels / 2));

export type Grid = {
  /** Of the whole picture; even sides, as video encoders need them. */
  readonly canvas: Size;
  readonly cell: Size;
  /** Pixels of a label's pixel. */
  readonly scale: number;
  /** Of each cell, without its label, which stands under it. */
  readonly places: readonly { readonly left: number; readonly top: number }[];
};

/** Labels' pixels by the width that they stand in. */
export const scaleFor = (width: number): number => Math.max(1, Math.round(width / 320));

/** How much a picture is scaled, so that what it is a part of has the sides asked for, or is no longer than screens are. */
const shrink = (whole: Size, { width, height }: Partial<Size>): number => {
  if (width !== undefined || height !== undefined) return Math.min((width ?? Infinity) / whole.width, (height ?? Infinity) / whole.height);
  return Math.min(1, LONGEST / whole.width, LONGEST / whole.height);
};

/** A size of its shape, as large as `asked`, or as it is where it fits a screen. */
export const oneSize = (clip: Size, asked: Partial<Size>): Size => {
  const k = shrink(clip, asked);
  return { width: even(clip.width * k), height: even(clip.height * k) };
};

/** Cells of a shape, about as wide together as high; two stand side by side. */
export const gridOf = (count: number, clip: Size, asked: Partial<Size>): Grid => {
  const columns = count === 2 ? 2 : Math.min(count, Math.ceil(Math.sqrt((count * clip.height) / clip.width)));
  const rows = Math.ceil(count / columns);
  const k = shrink({ width: columns * clip.width, height: rows * clip.height }, asked);
  const cell = { width: even(clip.width * k - GAP / 2), height: even(clip.height * k) };
  const scale = scaleFor(cell.width);
  const step = { width: cell.width + GAP, height: cell.height + even(TEXT_HEIGHT * scale + 1) };
  return {
    canvas: { width: columns * step.width - GAP, height: rows * step.height },
    cell,
    scale,
    places: Array.from({ length: count }, (_, i) => ({ left: (i % columns) * step.width, top: Math.floor(i / columns) * step.height })),
  };
};

/** The largest size of a clip's shape that fits a cell. */
export const fitIn = ({ width, height }: Size, cell: Size): Size => {
  const k = Math.min(cell.width / width, cell.height / height);
  const side = (pixels: number, most: number): number => Math.min(most, Math.max(1, Math.round(pixels * k)));
  return { width: side(width, cell.width), height: side(height, cell.height) };
};

/** Copies a picture into another; what does not fit is cut. */
export const place = (canvas: Picture, picture: Picture, left: number, top: number): void => {
  const width = Math.min(picture.width, canvas.width - left);
  for (let y = 0; y < Math.min(picture.height, canvas.height - top); y++) {
    const from = 3 * y * picture.width;
    canvas.data.set(picture.data.subarray(from, from + 3 * width), 3 * ((top + y) * canvas.width + left));
  }
};

const ADVANCE = 6; // pixels of a character

/** A text of at most so many characters, shortened in its middle. */
export const shortened = (text: string, characters: number): string => {
  const all = [...text];
  if (all.length <= characters) return text;
  const head = Math.ceil((characters - 2) / 2);
  return `${all.slice(0, Math.max(0, head)).join('')}..${all.slice(all.length - Math.max(0, characters - 2 - head)).join('')}`;
};

/** A label that is no wider than asked. */
export const labelLine = (text: string, width: number, scale: number): Picture =>
  textLine(shortened(text, Math.floor((width / scale - 1) / ADVANCE)), width, scale);

/** A label as wide as its text, at most `width`. */
export const tag = (text: string, width: number, scale: number): Picture =>
  labelLine(text, Math.min(width, scale * ([...text].length * ADVANCE + 1)), scale);

export const blank = ({ width, height }: Size): Picture => ({ width, height, data: new Uint8Array(3 * width * height) });
