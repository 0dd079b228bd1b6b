// The first pass over a clip: how many frames it really has, when each is shown, and where it is cut.
import type { Options } from '../config/options.ts';
import { MediaError } from '../media/errors.ts';
import { lastFrameDuration } from '../media/last-frame.ts';
import { chooseKeyframes, type Shot } from '../stages/shots/keyframes.ts';
import { type Survey, surveyFrames } from '../stages/shots/survey.ts';
import type { StageClock } from './run-times.ts';
import type { Source } from './source.ts';
import { type ArtifactStore, artifactKey } from './store.ts';
import { VERSIONS } from './versions.ts';

export type Analysis = Survey & {
  /** Seconds at which each frame is shown, from the start of the clip. */
  readonly times: readonly number[];
  /** What the pass said about the clip: it is said again when a later run takes the analysis from the store. */
  readonly warnings: readonly string[];
  /** Seconds that the last frame is shown. */
  readonly lastFrame: number;
};

/** Seconds from the first frame's begin to the last one's end. */
export const shownSeconds = ({ times, lastFrame }: Pick<Analysis, 'times' | 'lastFrame'>): number => times.at(-1)! - times[0]! + lastFrame;

/** Where the file does not say how long the last frame is shown, it is as long as the others on average. */
const withLastFrame = async (found: Omit<Analysis, 'lastFrame'>, { info, ffmpeg }: Source, signal: AbortSignal): Promise<Analysis> => {
  const { times } = found;
  const average = times.length > 1 ? (times.at(-1)! - times[0]!) / (times.length - 1) : 1 / info.rate;
  return { ...found, lastFrame: (await lastFrameDuration(info, ffmpeg, times.at(-1)!, signal)) ?? average };
};

/** The key frames that the options ask for. */
export const keyframesOf = (
  shots: readonly Shot[],
  { changes, dissolves }: Survey,
  { interval, intervalMin, intervalMax }: Pick<Options, 'interval' | 'intervalMin' | 'intervalMax'>,
): number[] =>
  chooseKeyframes(shots, interval === 'auto' ? { least: intervalMin, most: intervalMax } : interval, {
    changes,
    stops: dissolves.map(({ first }) => first),
  });

type AnalyseOptions = {
  readonly clock: StageClock;
  readonly signal: AbortSignal;
  readonly force: boolean;
};

/** Share of a container's frames that edit lists may hide before it counts as damage. */
const TOLERATED = 0.02;

/** Short side, pixels, at which cuts are looked for. */
const ANALYSIS_SIDE = 96;

/** The size that a clip is looked through at. */
export const analysisSize = ({ width, height }: { width: number; height: number }) => {
  const k = Math.min(1, ANALYSIS_SIDE / Math.min(width, height));
  return { width: Math.max(8, Math.round((width * k) / 8) * 8), height: Math.max(8, Math.round((height * k) / 8) * 8) };
};

/** @throws MediaError when not one frame can be decoded */
export const analyse = async (source: Source, store: ArtifactStore, { clock, signal, force }: AnalyseOptions): Promise<Analysis> => {
  const size = analysisSize(source.info);
  const key = artifactKey('shots', VERSIONS.shots, { ...source.identity, size });
  const kept = force ? undefined : await store.get(key);
  if (kept) {
    const analysis = JSON.parse(Buffer.from(kept).toString()) as Analysis;
    for (const message of analysis.warnings) source.warn(message);
    return withLastFrame(analysis, source, signal);
  }
  clock.start('analyse');
  const total = source.info.video.frames ?? 0;
  const times: number[] = [];
  const watched = async function* () {
    for await (const frame of source.frames(size, { purpose: 'the whole clip' })) {
      signal.throwIfAborted();
      times.push(frame.time);
      clock.progress('analyse', times.length, Math.max(total, times.length), 'frames');
      yield frame;
    }
  };
  const survey = await surveyFrames(watched());
  if (times.length === 0) {
    throw new MediaError(
      'NO_FRAMES',
      `${source.info.path} has no frame in the chosen part: check --start, --end and --frames, or play the file.`,
    );
  }
  clock.done('analyse');
  const promised = source.whole ? (source.info.video.frames ?? 0) : 0;
  if (promised - times.length > Math.max(2, promised * TOLERATED)) {
    source.warn(
      `${source.info.path} is cut short or damaged: ${times.length} of ${promised} frames can be decoded, and those are re-rendered`,
    );
  }
  const analysis = { times, warnings: [...source.warnings], ...survey };
  await store.put(key, Buffer.from(JSON.stringify(analysis)));
  return withLastFrame(analysis, source, signal);
};
