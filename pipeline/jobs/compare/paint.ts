// The pictures of a comparison as a video: clips side by side, or one wiped over the other.
import { UsageError } from '../../../config/errors.ts';
import type { Picture } from '../../../media/frame.ts';
import type { MediaInfo } from '../../../media/probe.ts';
import type { Size } from '../../../media/size.ts';
import type { ComparedClips } from './clips.ts';
import { blank, fitIn, gridOf, labelLine, oneSize, place, scaleFor, tag } from './layout.ts';

/** How a comparison is painted: the size of its pictures, that of each clip's frames, and what is made of the frames of one time. */
export type Painter = {
  readonly canvas: Size;
  /** Of each clip, in order. */
  readonly sizes: readonly Size[];
  /** @param since seconds since the first frame */
  paint(frames: readonly Picture[], since: number): Picture;
};

const copyOf = (picture: Picture): Picture => ({ ...picture, data: picture.data.slice() });

/** All clips beside each other, their labels under them; a clip of another shape stands in the middle of its cell. */
export const sideBySide = ({ clips }: ComparedClips, asked: Partial<Size>): Painter => {
  const { canvas, cell, scale, places } = gridOf(clips.length, clips[0]!.source.info, asked);
  const sizes = clips.map(({ source }) => fitIn(source.info, cell));
  const labels = blank(canvas);
  for (const [i, { left, top }] of places.entries()) place(labels, labelLine(clips[i]!.label, cell.width, scale), left, top + cell.height);
  return {
    canvas,
    sizes,
    paint: frames => {
      const picture = copyOf(labels);
      for (const [i, { left, top }] of places.entries()) {
        const { width, height } = sizes[i]!;
        place(picture, frames[i]!, left + Math.floor((cell.width - width) / 2), top + Math.floor((cell.height - height) / 2));
      }
      return picture;
    },
  };
};

/** Seconds of a wipe there and back; of shorter clips all that they have. */
const SWEEP = 6;

const SHAPE_TOLERANCE = 0.15; // as in `metrics`: rounding of sides

const checkShapes = ({ clips }: ComparedClips): void => {
  const [a, b] = clips.map(({ source: { info } }) => info) as [MediaInfo, MediaInfo];
  const shape = ({ width, height }: Size): number => width / height;
  if (Math.abs(Math.log(shape(a) / shape(b))) <= Math.log(1 + SHAPE_TOLERANCE)) return;
  const [first, second] = [a, b].map(({ path, width, height }) => `${path} is ${width}x${height}`);
  throw new UsageError(`${first} and ${second}: their shapes differ too much for a wipe; --as side shows both.`);
};

/**
 * The first clip to the left of a border that moves there and back, the second to its right.
 * @throws UsageError for more than two clips, and for clips of different shapes
 */
export const wiped = (compared: ComparedClips, asked: Partial<Size>): Painter => {
  const { clips, times } = compared;
  if (clips.length > 2) throw new UsageError(`A wipe shows two clips, and there are ${clips.length}: --as side shows all of them.`);
  checkShapes(compared);
  const canvas = oneSize(clips[0]!.source.info, asked);
  const { width, height } = canvas;
  const scale = scaleFor(width);
  const [left, right] = clips.map(({ label }) => tag(label, Math.floor(width / 2), scale)) as [Picture, Picture];
  const period = Math.min(SWEEP, times.at(-1)! - times[0]!) || 1;
  return {
    canvas,
    sizes: [canvas, canvas],
    paint: ([first, second], since) => {
      const picture = copyOf(second!);
      const border = Math.round(width * (0.5 - 0.5 * Math.cos((2 * Math.PI * since) / period)));
      for (let y = 0; y < height; y++) {
        const row = 3 * y * width;
        picture.data.set(first!.data.subarray(row, row + 3 * border), row);
        picture.data.fill(255, row + 3 * Math.max(0, border - scale), row + 3 * Math.min(width, border + scale));
      }
      place(picture, left, 0, height - left.height);
      place(picture, right, width - right.width, height - right.height);
      return picture;
    },
  };
};
