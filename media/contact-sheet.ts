// A labelled grid of pictures in one PNG.
import sharp from 'sharp';
import type { Picture } from './frame.ts';
import { TEXT_HEIGHT, textLine } from './glyphs.ts';
import { writeWhole } from './whole-file.ts';

/** One picture of a contact sheet, and what is written under it. */
export type Cell = { readonly label: string; readonly picture: Picture };

/** How a contact sheet is laid out. */
export type SheetOptions = {
  /** Cells a row; default: what makes the sheet about square. */
  readonly columns?: number;
  /** Size of the labels' pixels; default 1, 2 from 300 pixels of cell width on. */
  readonly scale?: number;
};

const GAP = 4; // pixels between cells

/** The cells row by row, each with its label under it, as a PNG. All cells are as large as the largest. */
export const contactSheetPng = async (cells: readonly Cell[], options: SheetOptions = {}): Promise<Buffer> => {
  const width = Math.max(1, ...cells.map(({ picture }) => picture.width));
  const height = Math.max(1, ...cells.map(({ picture }) => picture.height));
  const { columns = Math.max(1, Math.ceil(Math.sqrt((cells.length * height) / width))), scale = width >= 300 ? 2 : 1 } = options;
  const rows = Math.max(1, Math.ceil(cells.length / columns));
  const [stepX, stepY] = [width + GAP, height + TEXT_HEIGHT * scale + GAP];
  const place = (picture: Picture, left: number, top: number) => ({
    input: Buffer.from(picture.data.buffer, picture.data.byteOffset, picture.data.byteLength),
    raw: { width: picture.width, height: picture.height, channels: 3 as const },
    left,
    top,
  });
  const layers = cells.flatMap(({ label, picture }, i) => {
    const [left, top] = [GAP + (i % columns) * stepX, GAP + Math.floor(i / columns) * stepY];
    return [place(picture, left, top), place(textLine(label, width, scale), left, top + height)];
  });
  return sharp({ create: { width: GAP + columns * stepX, height: GAP + rows * stepY, channels: 3, background: 'black' } })
    .composite(layers)
    .png()
    .toBuffer();
};

/**
 * Writes {@link contactSheetPng} into a file, as a JPEG where its name says so.
 * @param overwrite whether what stands there is replaced; default true
 * @throws UsageError for a file that stands there and may not be replaced
 */
export const contactSheet = async (file: string, cells: readonly Cell[], options: SheetOptions = {}, overwrite = true): Promise<void> => {
  const png = await contactSheetPng(cells, options);
  await writeWhole(file, /\.jpe?g$/i.test(file) ? await sharp(png).jpeg({ quality: 86 }).toBuffer() : png, { overwrite });
};
