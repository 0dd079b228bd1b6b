// A comparison as one picture: a row for each clip, a column for each time.
import { UsageError } from '../../../config/errors.ts';
import { type Moment, momentText } from '../../../config/moment.ts';
import type { Cell } from '../../../media/contact-sheet.ts';
import { TIME_SLACK } from '../../../media/range.ts';
import type { Size } from '../../../media/size.ts';
import { type ComparedClips, framesFor } from './clips.ts';
import { blank, fitIn, oneSize, place, shortened } from './layout.ts';

/** Cells are at most this wide and high, pixels. */
const CELL = 320;

/** Pixels of a label's pixel under a cell: what is legible, and leaves room for a name. */
const labelScale = (width: number): number => (width >= 240 ? 2 : 1);

/** Columns where nobody says which. */
export const COLUMNS = 6;

/** The frames of the first clip that are shown, rising, each once. @throws UsageError for a moment behind the end of what all clips have */
export const columnsOf = ({ times }: ComparedClips, moments: readonly Moment[] | undefined, columns: number): number[] => {
  const last = times.length - 1;
  const indexOf = (moment: Moment): number => {
    const index = 'frame' in moment ? moment.frame : times.findLastIndex(time => time - times[0]! <= moment.time + TIME_SLACK);
    const behind =
      'frame' in moment ? index > last : moment.time > times[last]! - times[0]! + (times[last]! - times[0]!) / Math.max(1, last);
    if (!behind) return index;
    const end = `${(times[last]! - times[0]!).toFixed(2)} s (${last}f)`;
    throw new UsageError(`--at ${momentText(moment)} lies behind the last frame that all clips have, which begins at ${end}.`);
  };
  const even = Array.from({ length: columns }, (_, i) => Math.round((i * last) / Math.max(1, columns - 1)));
  return [...new Set(moments ? moments.map(indexOf) : even)].sort((a, b) => a - b);
};

/** The cells, row by row; a clip of another shape stands in the middle of its cell. */
export const stripCells = async (
  compared: ComparedClips,
  columns: readonly number[],
  asked: Partial<Size>,
  onFrame: (done: number, total: number) => void,
): Promise<{ readonly cells: Cell[]; readonly scale: number }> => {
  const { clips, times } = compared;
  const { info } = clips[0]!.source;
  const width = asked.width === undefined ? undefined : asked.width / columns.length;
  const height = asked.height === undefined ? undefined : asked.height / clips.length;
  const k = Math.min(1, CELL / Math.max(info.width, info.height));
  const cell =
    width || height ? oneSize(info, { ...(width && { width }), ...(height && { height }) }) : oneSize(info, { width: info.width * k });
  const scale = labelScale(cell.width);
  const wanted = new Set(columns);
  const total = clips.length * (columns.at(-1)! + 1);
  const cells: Cell[] = [];
  let done = 0;
  for (const clip of clips) {
    const size = fitIn(clip.source.info, cell);
    let index = 0;
    for await (const frame of framesFor(clip, compared, size)) {
      if (wanted.has(index)) {
        const picture = blank(cell);
        place(picture, frame, Math.floor((cell.width - size.width) / 2), Math.floor((cell.height - size.height) / 2));
        const time = ` ${(times[index]! - times[0]!).toFixed(2)} s`;
        cells.push({ label: shortened(clip.label, Math.floor(cell.width / scale / 6) - time.length - 1) + time, picture });
      }
      onFrame(++done, total);
      if (index++ === columns.at(-1)) break;
    }
  }
  return { cells, scale };
};
