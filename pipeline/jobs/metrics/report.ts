// What `rerender metrics` reports: numbers for every frame, for every key frame, and for the clip. Equations: docs/metrics.md.
import type { Channels, Look } from '../../../stages/metrics/look.ts';
import type { FrameMeasure } from '../../../stages/metrics/measure.ts';
import type { Shot } from '../../../stages/shots/keyframes.ts';

/** How far the look of a frame has left that of its shot's first frame, beyond what the source did meanwhile. */
export type Drift = {
  /** Change of each channel's mean, levels. */
  readonly mean: Channels;
  /** Change of each channel's standard deviation, levels. */
  readonly std: Channels;
  /** Sharpness relative to the first frame's: 1 unchanged, below 1 blurred. */
  readonly sharpness: number;
};

export type FrameRow = FrameMeasure & {
  readonly frame: number;
  /** Seconds since the start of the clip. */
  readonly time: number;
  /** Whether it is a key frame at the interval asked for. */
  readonly key: boolean;
  readonly drift: Drift;
};

/** A measure over all frames that have it. */
export type Level = {
  readonly output: number;
  readonly source: number;
  /** output - source */
  readonly excess: number;
};

/** Drift over the key frames. */
export type DriftBounds = {
  /** Largest change of any channel's mean at any key frame, and that at the last one; levels. */
  readonly mean: number;
  readonly meanAtEnd: number;
  /** The same of the standard deviations. */
  readonly std: number;
  readonly stdAtEnd: number;
  /** Lowest and highest relative sharpness, and the last. */
  readonly sharpness: readonly [least: number, most: number];
  readonly sharpnessAtEnd: number;
};

export type Summary = {
  readonly warpError: Level | undefined;
  readonly flicker: Level | undefined;
  readonly fineFlicker: Level | undefined;
  /** Change where the source stands still. */
  readonly stillChange: Level | undefined;
  readonly structure: number;
  /** Mean sharpness of the result over that of the source. */
  readonly sharpness: number;
  /** Excess of the warp error at pairs that touch a key frame, less that of all others: what shows as a pulse at key frames. */
  readonly keyPop: number | undefined;
  readonly drift: DriftBounds;
};

/** What a measure says of a result. Levels are of 255. */
export type Verdict =
  /**
   * `over`: flicker away from key frames, or fine flicker where that is more, above what the source's comes to at the result's sharpness.
   */
  | { readonly measure: 'flicker'; readonly code: 'steady' | 'restless' | 'flickers'; readonly over: number }
  /** `excess`: flicker at key frames above that of the frames between, beyond the source's. */
  | { readonly measure: 'keyframes'; readonly code: 'even' | 'pulses' | 'pops'; readonly excess: number }
  /** `atEnd`: change of the mean colour from a shot's first key frame to its last, beyond the source's at the result's contrast. */
  | { readonly measure: 'colours'; readonly code: 'constant' | 'shift' | 'drift'; readonly atEnd: number }
  /** `ratio`: mean sharpness of the result over that of the source. */
  | { readonly measure: 'sharpness'; readonly code: 'softer' | 'alike' | 'sharper'; readonly ratio: number }
  /** `ssim`: of the edges of result and source. */
  | { readonly measure: 'structure'; readonly code: 'same' | 'similar' | 'other'; readonly ssim: number };

export type MetricsReport = {
  readonly source: string;
  readonly output: string;
  /** Size that both were measured at. */
  readonly size: readonly [width: number, height: number];
  readonly shots: readonly Shot[];
  readonly keyframes: readonly number[];
  readonly summary: Summary;
  /** What the measures mean, each where there are frames to tell it from. */
  readonly verdicts: readonly Verdict[];
  readonly frames: readonly FrameRow[];
};

const channels = (value: (c: 0 | 1 | 2) => number): Channels => [value(0), value(1), value(2)];

/** A ratio of two ratios that stays finite on flat pictures, whose sharpness is 0. */
const relative = (now: number, first: number): number => (now + 0.01) / (first + 0.01);

type Looks = { readonly output: Look; readonly source: Look };

/** @param first the looks of the shot's first frame */
export const driftOf = (now: Looks, first: Looks): Drift => {
  const gain = (of: keyof Looks, what: 'mean' | 'std', c: 0 | 1 | 2): number => now[of][what][c] - first[of][what][c];
  return {
    mean: channels(c => gain('output', 'mean', c) - gain('source', 'mean', c)),
    std: channels(c => gain('output', 'std', c) - gain('source', 'std', c)),
    sharpness: relative(now.output.sharpness, first.output.sharpness) / relative(now.source.sharpness, first.source.sharpness),
  };
};

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

const level = (rows: readonly FrameRow[], name: 'warpError' | 'flicker' | 'fineFlicker' | 'stillChange'): Level | undefined => {
  const known = rows.map(row => row[name]).filter(value => value !== undefined);
  if (known.length === 0) return undefined;
  const [output, source] = [mean(known.map(value => value.output)), mean(known.map(value => value.source))];
  return { output, source, excess: output - source };
};

const furthest = (change: Channels): number => Math.max(...change.map(Math.abs));

const bounds = (keys: readonly FrameRow[]): DriftBounds => {
  const last = keys.at(-1)!.drift;
  const sharpness = keys.map(({ drift }) => drift.sharpness);
  return {
    mean: Math.max(...keys.map(({ drift }) => furthest(drift.mean))),
    meanAtEnd: furthest(last.mean),
    std: Math.max(...keys.map(({ drift }) => furthest(drift.std))),
    stdAtEnd: furthest(last.std),
    sharpness: [Math.min(...sharpness), Math.max(...sharpness)],
    sharpnessAtEnd: last.sharpness,
  };
};

/** @param rows every frame, in order; at least one, of which the first is a key frame */
export const summaryOf = (rows: readonly FrameRow[]): Summary => {
  const excess = (keyed: boolean): number[] =>
    rows.flatMap((row, i) =>
      row.warpError && (row.key || rows[i - 1]?.key === true) === keyed ? [row.warpError.output - row.warpError.source] : [],
    );
  const [atKeys, elsewhere] = [excess(true), excess(false)];
  return {
    warpError: level(rows, 'warpError'),
    flicker: level(rows, 'flicker'),
    fineFlicker: level(rows, 'fineFlicker'),
    stillChange: level(rows, 'stillChange'),
    structure: mean(rows.map(row => row.structure)),
    sharpness: relative(mean(rows.map(row => row.look.output.sharpness)), mean(rows.map(row => row.look.source.sharpness))),
    keyPop: atKeys.length > 0 && elsewhere.length > 0 ? mean(atKeys) - mean(elsewhere) : undefined,
    drift: bounds(rows.filter(row => row.key)),
  };
};
