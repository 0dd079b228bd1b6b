// The clips of a comparison: opened, timed, and read side by side, a frame of each for every frame of the first.
import { basename, dirname, join } from 'node:path';
import { UsageError } from '../../../config/errors.ts';
import type { Options } from '../../../config/options.ts';
import { MediaError } from '../../../media/errors.ts';
import type { Frame } from '../../../media/frame.ts';
import { lastFrameDuration } from '../../../media/last-frame.ts';
import type { Size } from '../../../media/size.ts';
import { openSource, type Source, type SourceContext } from '../../session/source.ts';

export type ComparedClip = {
  readonly source: Source;
  readonly label: string;
  /** Seconds of every frame, in order. */
  readonly times: readonly number[];
  /** Seconds from the first frame's begin to the last one's end. */
  readonly length: number;
};

/** The first clip, others, and what is shown of them: as long as the shortest lasts. */
export type ComparedClips = {
  readonly clips: readonly ComparedClip[];
  /** Times of the first clip's frames, as many as are shown. */
  readonly times: readonly number[];
  /** Seconds that the last of them is shown. */
  readonly lastFrame: number;
  /** Whether the first clip goes on behind what is shown. */
  readonly shortened: boolean;
};

const MOST = 16;

const COUNTING = { width: 16, height: 16 }; // pixels: of this pass only the times count

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

/** Names that tell the files apart: without their folders where that is enough. */
export const labelsOf = (files: readonly string[], labels: readonly string[] | undefined): string[] => {
  if (labels && labels.length !== files.length) {
    throw new UsageError(`There are ${labels.length} labels for ${files.length} clips: give one for each, in their order.`);
  }
  const names = files.map(file => basename(file));
  const short = new Set(names).size === names.length;
  return labels ? [...labels] : files.map((file, i) => (short ? names[i]! : join(basename(dirname(file)), names[i]!)));
};

const timed = async (source: Source, label: string, signal: AbortSignal, onFrame: () => void): Promise<ComparedClip> => {
  const times: number[] = [];
  for await (const { time } of source.frames(COUNTING)) {
    signal.throwIfAborted();
    times.push(time);
    onFrame();
  }
  const [first, last] = [times[0], times.at(-1)];
  if (first === undefined || last === undefined) throw new MediaError('NO_FRAMES', `${source.info.path} has no frame in the chosen part.`);
  const shown = (await lastFrameDuration(source.info, source.ffmpeg, last, signal)) ?? (last - first) / Math.max(1, times.length - 1);
  return { source, label, times, length: last - first + (shown || 1 / source.info.rate) };
};

/** Of the first clip the part that all others have too. */
const together = (clips: readonly ComparedClip[], warn: (message: string) => void): ComparedClips => {
  const [first] = clips as [ComparedClip];
  const { times, length } = first;
  const step = length / times.length;
  const shortest = clips.reduce((least, clip) => (clip.length < least.length ? clip : least));
  const longest = clips.reduce((most, clip) => (clip.length > most.length ? clip : most));
  if (longest.length - shortest.length > 1.5 * step) {
    const [short, long] = [shortest, longest].map(({ source, length }) => `${source.info.path} lasts ${length.toFixed(2)} s`);
    warn(`${short} and ${long}: the comparison ends with the shorter; --start, --end or --frames choose a part of the first clip`);
  }
  const shown = times.filter(time => time - times[0]! < shortest.length - step / 2);
  const shortened = shown.length < times.length;
  return { clips, times: shown, lastFrame: shortened ? step : length - (times.at(-1)! - times[0]!), shortened };
};

/**
 * Opens the clips and times their frames. The options choose a part of the first; of the others all is shown.
 * @throws UsageError for fewer than two clips or more than 16; MediaError for unusable files
 */
export const openClips = async (
  files: readonly string[],
  {
    options,
    labels,
    signal,
    warn,
    onFrame,
  }: SourceContext & {
    readonly options: Options;
    readonly labels: readonly string[] | undefined;
    /** Hears of each frame that is timed, and of how many the files promise; 0 where one does not say. */
    readonly onFrame: (done: number, total: number) => void;
  },
): Promise<ComparedClips> => {
  if (files.length < 2) throw new UsageError('A comparison needs two clips at least: give the source and a result.');
  if (files.length > MOST) throw new UsageError(`A comparison shows ${MOST} clips at most; got ${files.length}.`);
  const names = labelsOf(files, labels);
  const whole = { ...options, start: undefined, end: undefined, duration: undefined, frames: undefined };
  const sources = await Promise.all(files.map((file, i) => openSource(file, i === 0 ? options : whole, { signal, warn })));
  const counts = sources.map(({ info, whole }) => (whole ? (info.video.frames ?? 0) : 0));
  const total = counts.includes(0) ? 0 : sum(counts);
  let done = 0;
  const clips: ComparedClip[] = [];
  for (const [i, source] of sources.entries())
    clips.push(await timed(source, names[i]!, signal, () => onFrame(++done, Math.max(total, done))));
  return together(clips, warn);
};

/**
 * Of a clip the frame that belongs to each frame of the first one: the one of the same number where both have as many, else the one whose
 * time since the clip's beginning is nearest. Two frames are held.
 */
export async function* framesFor(clip: ComparedClip, { clips, times }: ComparedClips, size: Size): AsyncGenerator<Frame, void, undefined> {
  const begin = clip.times[0]!;
  const byNumber = clip.times.length === clips[0]!.times.length;
  const frames = clip.source.frames(size)[Symbol.asyncIterator]();
  const next = async (): Promise<Frame | undefined> => {
    const { value, done } = await frames.next();
    return done ? undefined : value;
  };
  try {
    let at = await next();
    let after = await next();
    for (const [i, time] of times.entries()) {
      const since = time - times[0]!;
      const isBehind = (): boolean =>
        byNumber ? at!.index < i : Math.abs(after!.time - begin - since) < Math.abs(at!.time - begin - since);
      while (after && isBehind()) [at, after] = [after, await next()];
      if (!at) return;
      yield at;
    }
  } finally {
    await frames.return?.();
  }
}
