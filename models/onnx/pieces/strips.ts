// Which rows a piece reads at once, and which of what it makes are right: strips of one height, so that one session serves them all.
import type { Piece } from './cut.ts';

/** Rows from `from` on are read, those of the result from `at` on are computed, and `first` to `end` of these are right and new. */
export type Strip = { readonly from: number; readonly at: number; readonly first: number; readonly end: number };

/** Strips of so many rows each. */
export type Strips = { readonly rows: number; readonly list: readonly Strip[] };

type Shape = Pick<Piece, 'scale' | 'margin' | 'align' | 'whole'> & {
  /** Rows that are read, and rows that come of them. */
  readonly height: number;
  readonly made: number;
};

/** So many strips of `rows` as cover a picture: each begins where the one before stops being right, the last ends with the picture. */
const cover = ({ scale, margin, align, height, made }: Shape, rows: number): readonly Strip[] => {
  const list: Strip[] = [];
  for (let end = 0; end < made; ) {
    const needed = Math.floor(Math.max(0, end - margin) / scale / align) * align;
    const from = Math.min(needed, height - rows);
    const next = from + rows === height ? made : Math.min(made, from * scale + Math.floor(rows * scale) - margin);
    list.push({ from, at: from * scale, first: end, end: next });
    if (next <= end) throw new RangeError(`strips of ${rows} rows make none of ${made}`);
    end = next;
  }
  return list;
};

/**
 * Strips for a piece: as few as a limit leaves, and no higher than so many need. Each reads at least its margins and some rows between
 * them, whatever the limit is.
 * @param most rows of a strip
 */
export const stripsOf = (shape: Shape, most: number): Strips => {
  const { whole, height, scale, margin, align } = shape;
  const fits = (rows: number): boolean => rows % align === height % align;
  const least = Math.ceil((2 * margin + 1) / scale) + 2 * align;
  if (whole || most >= height || least >= height) return { rows: height, list: cover(shape, height) };
  const at = (wanted: number): number => {
    let rows = Math.max(wanted, least);
    while (!fits(rows)) rows++;
    return Math.min(rows, height);
  };
  const count = cover(shape, at(most)).length;
  let rows = at(Math.ceil(height / count));
  while (cover(shape, rows).length > count) rows = at(rows + 1);
  return { rows, list: cover(shape, rows) };
};
