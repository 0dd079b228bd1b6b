// A plan in numbers, as listeners and `--dry-run` get it; the terminal puts it into words.
import type { FreeUChoice } from '../config/freeu.ts';
import type { FrameRange, FreeUStrengths } from '../config/option.ts';
import type { Shot } from '../stages/shots/keyframes.ts';
import type { EncodingSummary } from './session/encoding.ts';
import type { ControlFacts } from './strategies/strategy.ts';

/** Counted work and what follows from it. */
export type Work = {
  /** Calls of the U-Net; a call draws the guidance pair of one step. */
  readonly unetCalls: number;
  /** Those of them whose results an earlier run left: they are not made again. */
  readonly unetCallsCached: number;
  readonly controlCalls: number;
  /** U-Net calls that draw the prompt's half alone, where a part of the steps is not guided. */
  readonly unguidedCalls?: number;
  /** U-Net calls that run its first and last layers alone; no ControlNet is called beside them. */
  readonly shallowCalls?: number;
  /** Floating-point operations of all these calls; absent for video models. */
  readonly flop?: number;
  /** Frames that are not drawn but propagated. */
  readonly propagated: number;
  readonly propagatedCached: number;
  /** What attention keeps of key frames; absent without attention. */
  readonly bank?: BankSummary;
  /** Bytes of the process at its peak while drawing, measured; absent when nothing was measured. */
  readonly memory?: number;
  /** Wall time in seconds, estimated from measured steps, with half of propagation beside drawing; absent when nothing was measured. */
  readonly seconds?: StageSeconds;
};

/** Attention states of key frames. */
export type BankSummary = {
  /** Bytes of each key frame's, how many are needed at once, and bytes of these that wait on disk only. */
  readonly each: number;
  readonly atOnce: number;
  readonly onDisk: number;
  /** Layers of the U-Net's way up whose states are kept, and all that could be. */
  readonly layers: readonly [kept: number, all: number];
  readonly precision: 'fp16' | 'fp32';
};

export type StageSeconds = {
  /** Until the first step is run: opening sessions, reading prompts. */
  readonly start: number;
  readonly draw: number;
  readonly propagate: number;
  readonly encode: number;
  readonly total: number;
};

export type PlanSummary = {
  /** How the clip is drawn. */
  readonly kind: 'keyframes' | 'windows';
  readonly input: string;
  readonly output?: string;
  /** How it is encoded, and what becomes of each stream of the source; absent where no video is written. */
  readonly encoding?: EncodingSummary;
  readonly frames: number;
  /** Seconds. */
  readonly duration: number;
  readonly sourceSize: readonly [width: number, height: number];
  readonly workingSize: readonly [width: number, height: number];
  /** First and last frame of each part that is re-rendered; absent for all. */
  readonly only?: readonly FrameRange[];
  readonly shots: readonly Shot[];
  /** Numbers of the key frames; none where a video model draws every frame. */
  readonly keyframes: readonly number[];
  /** Those of them that are the user's pictures, where there are some. */
  readonly supplied?: readonly number[];
  /** Where a video model draws every frame: how many windows of how many frames, blended over how many. */
  readonly windows?: { readonly count: number; readonly length: number; readonly overlap: number };
  readonly model: string;
  readonly device: string;
  /** Devices that were tried before it, and why they were refused. */
  readonly refused: readonly { readonly device: string; readonly reason: string }[];
  readonly style: string;
  /** What is drawn over the style; absent for one style. */
  readonly secondStyle?: string;
  /** How far the style is drawn once more over itself before that, as a share of the strength; absent where it is not. */
  readonly firstAgain?: number;
  /** How far that is drawn once more over itself, likewise. */
  readonly secondAgain?: number;
  /** What it is drawn over, where that is not the picture in the first as it is. */
  readonly secondFrom?: 'grey';
  readonly negativePrompt: string;
  readonly seed: number;
  readonly steps: number;
  /** Steps that really run at this strength. */
  readonly stepsRun: number;
  readonly strength: number;
  /** How much of the finished style is seen, where that is not all. */
  readonly mix?: number;
  readonly cfgScale: number;
  readonly freeu: FreeUStrengths | 'off';
  /** Which row of factors that is, and why. */
  readonly freeuRow: FreeUChoice;
  /** FreeU's further settings, as `--freeu-stage` has them; absent where there are none. */
  readonly freeuStages?: readonly string[];
  readonly controls: readonly ControlSummary[];
  /** LoRAs and embeddings. */
  readonly adapters: readonly string[];
  readonly work: Work;
};

/** A ControlNet of a run, and where its images come from. */
export type ControlSummary = Omit<ControlFacts, 'pictures' | 'annotator'> & {
  /** The ControlNet's folder or file. */
  readonly folder: string;
  /** The user's pictures, or the weights of the network that makes them; paths. */
  readonly pictures?: string;
  readonly annotator?: string;
};
