// The frames of a result: what was drawn, and the source where it is kept or shows through.
import type { Picture } from '../../media/frame.ts';
import type { Size } from '../../media/size.ts';
import { blendPictures } from '../../stages/pictures/blend.ts';
import { resampler } from '../../stages/pictures/resample.ts';
import type { Ref } from '../graph/ref.ts';
import { isBlended, weightsOf } from '../strategies/weights.ts';
import { frameReader } from './frame-reader.ts';
import type { PlannedClip } from './plan-file.ts';
import type { Source } from './source.ts';

export type ResultFrames = {
  readonly planned: PlannedClip;
  readonly source: Source;
  /** Seconds at which the frames are shown. */
  readonly times: readonly number[];
  /** Gives a drawn part when it is there. */
  value(pictures: Ref<readonly Picture[]>): Promise<readonly Picture[]>;
  /** Of blended frames: where the source is seen it is as sharp as this allows. */
  readonly size: Size;
};

/** Every frame, in order: as it was drawn where nothing of the source is seen in any of them, else at `size`. */
export const resultFrames = async function* ({ planned, source, times, value, size }: ResultFrames): AsyncGenerator<Picture> {
  const { options, only, parts } = planned;
  if (!isBlended(options, only)) {
    for (const { pictures } of parts) yield* await value(pictures);
    return;
  }
  const weights = weightsOf(times, only, options);
  const wanted = weights.flatMap((weight, i) => (weight < 1 ? [i] : []));
  const sources = frameReader(() => source.frames(size, { only: wanted, purpose: 'the frames of the source' }));
  const sourceAt = async (i: number): Promise<Picture> => (await sources.range(i, i))[0]!;
  const stretched = resampler(source.size, size);
  let next = 0;
  let drawn: readonly Picture[] = [];
  const drawnAt = async (i: number): Promise<Picture> => {
    for (let part = parts[next]; part && part.first <= i; part = parts[next]) {
      next++;
      if (part.last >= i) drawn = await value(part.pictures);
    }
    return stretched(drawn[i - parts[next - 1]!.first]!);
  };
  try {
    for (const [i, weight] of weights.entries()) {
      if (weight === 0) yield await sourceAt(i);
      else if (weight === 1) yield await drawnAt(i);
      else yield blendPictures(await drawnAt(i), await sourceAt(i), weight);
    }
  } finally {
    await sources.close();
  }
};
