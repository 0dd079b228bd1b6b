// A clip and its result, side by side: opened, brought to one size, counted and read frame by frame.
import { UsageError } from '../../../config/errors.ts';
import type { Options } from '../../../config/options.ts';
import type { Size } from '../../../media/size.ts';
import { workingSize } from '../../../media/size.ts';
import type { Couple } from '../../../stages/metrics/measure.ts';
import { shared } from '../../../threads/share.ts';
import { openSource, type Source, type SourceContext } from '../../session/source.ts';

/** Share by which the shapes (width over height) of source and result may differ: rounding to even sides, and to multiples of 64. */
const SHAPE_TOLERANCE = 0.15;

export type Clips = { readonly source: Source; readonly output: Source; readonly size: Size };

const shape = ({ width, height }: Size): number => width / height;

/**
 * Opens both clips. They are measured in the shape of the source, with a short side of `options.size`, or of the smaller clip where that
 * is less: nothing is enlarged.
 * @throws UsageError when their shapes differ by more than 15 %; MediaError for unusable files
 */
export const openClips = async (source: string, output: string, options: Options, context: SourceContext): Promise<Clips> => {
  const whole = { ...options, start: undefined, end: undefined, duration: undefined, frames: undefined, crop: undefined };
  const [a, b] = await Promise.all([openSource(source, options, context), openSource(output, whole, context)]);
  if (Math.abs(Math.log(shape(a.info) / shape(b.info))) > Math.log(1 + SHAPE_TOLERANCE)) {
    throw new UsageError(
      `${output} is ${b.info.width}x${b.info.height} and ${source} is ${a.info.width}x${a.info.height}: ` +
        'their shapes differ too much to compare them',
    );
  }
  const side = Math.min(options.size, ...[a, b].map(({ info }) => Math.min(info.width, info.height)));
  return { source: a, output: b, size: workingSize(a.info, { size: Math.max(64, side), multiple: 2 }) };
};

/** A couple of frames in shared memory, and its place. */
export type FrameCouple = Couple & { readonly index: number; readonly time: number };

/** The frames of both clips, as long as both have some. */
export async function* couples({ source, output, size }: Clips): AsyncGenerator<FrameCouple, void, undefined> {
  const other = output.frames(size)[Symbol.asyncIterator]();
  try {
    for await (const frame of source.frames(size)) {
      const match = await other.next();
      if (match.done) return;
      yield { index: frame.index, time: frame.time, source: shared(frame), output: shared(match.value) };
    }
  } finally {
    await other.return?.();
  }
}
