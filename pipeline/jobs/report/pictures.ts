// What a report shows of a run: key frames, and some frames of source and result, as data URIs.
import type { Picture } from '../../../media/frame.ts';
import { shrinkPicture, webpBytes } from '../../../media/picture.ts';
import { openSource, type Source } from '../../session/source.ts';
import type { ClipJob } from '../clip-job.ts';
import type { ReportParts, Shown } from './html.ts';

const PAIRS = 6;
const PAIR_WIDTH = 960; // pixels
const KEYS = 24;
const KEY_WIDTH = 360; // pixels

const shown = async (picture: Picture, most: number): Promise<Shown> => {
  const { width, height, ...rest } = await shrinkPicture(picture, most);
  const bytes = await webpBytes({ width, height, ...rest }, 84);
  return { src: `data:image/webp;base64,${bytes.toString('base64')}`, width, height };
};

/** Numbers spread over 0 .. count - 1, from the middle of each part of equal length. */
const spread = (count: number, most: number): number[] =>
  Array.from({ length: Math.min(count, most) }, (_, i) => Math.floor(((i + 0.5) * count) / Math.min(count, most)));

const framesOf = async (clip: Source, size: Source['size'], only: readonly number[]): Promise<Picture[]> => {
  const frames: Picture[] = [];
  for await (const frame of clip.frames(size, { only, purpose: 'the report' })) frames.push(frame);
  return frames;
};

/** The same frames of the source and of the file that was written. */
export const pairsOf = async ({ session: { source }, options, output, survey, scope }: ClipJob): Promise<ReportParts['pairs']> => {
  const whole = { ...options, start: undefined, end: undefined, duration: undefined, frames: undefined, crop: undefined };
  const result = await openSource(output, whole, { signal: scope.signal, warn: () => undefined });
  const only = spread(survey.times.length, PAIRS);
  const [before, after] = await Promise.all([framesOf(source, source.size, only), framesOf(result, source.size, only)]);
  return Promise.all(
    only.map(async (frame, i) => ({
      frame,
      source: await shown(before[i]!, PAIR_WIDTH),
      result: await shown(after[i]!, PAIR_WIDTH),
    })),
  );
};

export const keyPictures = async ({ session, planned }: ClipJob, noteOf: (frame: number) => string): Promise<ReportParts['keyframes']> => {
  const { keyframes } = planned;
  const keys: ReportParts['keyframes'][number][] = [];
  for (const { frame, picture } of spread(keyframes.length, KEYS).map(i => keyframes[i]!)) {
    keys.push({ frame, note: noteOf(frame), picture: await shown(await session.workshop.get(planned, picture), KEY_WIDTH) });
  }
  return keys;
};
