// What a run will do, told before anything expensive is done.
import type { FrameRange } from '../config/option.ts';
import type { Options } from '../config/options.ts';
import { firstStep } from '../models/samplers/schedule.ts';
import type { Shot } from '../stages/shots/keyframes.ts';
import type { EncodingSummary } from './encoding.ts';

export type { Shot } from '../stages/shots/keyframes.ts';

/** The frames between two neighbouring key frames, both included; a shot of one frame has one interval of one frame. */
export type Interval = { readonly first: number; readonly last: number };

/** Counted work and what follows from it. */
export type Work = {
  /** Calls of the U-Net; a call draws the guidance pair of one step. */
  readonly unetCalls: number;
  readonly controlCalls: number;
  /** Frames that are not drawn but propagated. */
  readonly propagated: number;
  /** What attention keeps of key frames: bytes of each, how many at once, and how many bytes of them wait on disk only. Absent without attention. */
  readonly bank?: { readonly each: number; readonly atOnce: number; readonly onDisk: number };
  /** Bytes of the process at its peak while drawing, measured; absent when nothing was measured. */
  readonly memory?: number;
  /** Wall time in seconds, estimated from one measured step; absent when nothing was measured. */
  readonly seconds?: number;
};

/** The plan in numbers and words, as the terminal, --json and --dry-run show it. */
export type PlanSummary = {
  readonly input: string;
  readonly output?: string;
  /** How it is encoded, and what becomes of each stream of the source; absent where no video is written. */
  readonly encoding?: EncodingSummary;
  readonly frames: number;
  /** Seconds. */
  readonly duration: number;
  readonly sourceSize: readonly [width: number, height: number];
  readonly workingSize: readonly [width: number, height: number];
  readonly shots: readonly Shot[];
  readonly keyframes: readonly number[];
  /** Where a model of clips draws every frame: how many windows of how many frames, blended over how many. */
  readonly windows?: { readonly count: number; readonly length: number; readonly overlap: number };
  readonly model: string;
  readonly device?: string;
  readonly style: string;
  readonly negativePrompt: string;
  readonly seed: number;
  readonly steps: number;
  /** Steps that a key frame really runs at this strength. */
  readonly stepsRun: number;
  readonly strength: number;
  readonly cfgScale: number;
  readonly freeu: string;
  readonly controls: readonly string[];
  /** LoRAs and embeddings. */
  readonly adapters: readonly string[];
  readonly work: Work;
};

/** The intervals between the key frames of each shot, in order. Together they cover every frame. */
export const intervalsOf = (shots: readonly Shot[], keyframes: readonly number[]): Interval[] =>
  shots.flatMap(shot => {
    const keys = keyframes.filter(k => k >= shot.first && k <= shot.last);
    if (keys.length === 1) return [{ first: keys[0]!, last: shot.last }];
    return keys.slice(1).map((key, i) => ({ first: keys[i]!, last: key }));
  });

/** The frames that an interval contributes to the result: all of a shot's last one, else all but the next key frame. */
export const framesOf = (interval: Interval, shots: readonly Shot[]): FrameRange => {
  const ends = shots.some(shot => shot.last === interval.last);
  return [interval.first, ends ? interval.last : interval.last - 1];
};

/** Steps that run when drawing starts from the source at this strength. */
export const stepsAtStrength = (steps: number, strength: number): number => steps - firstStep(steps, strength);

/** FreeU in a few characters for the plan. */
export const freeuText = (freeu: Options['freeu']): string =>
  typeof freeu === 'string' ? freeu : `${freeu.b1},${freeu.b2},${freeu.s1},${freeu.s2}`;
