// FreeU's factors over the steps of a run, and as inputs of the U-Net.
import type { NetworkGraph } from '../onnx/network-graph.ts';
import type { Feeds } from '../runtime/calls.ts';
import { scalar } from './scalar.ts';
import { type StepWindow, within } from './step-window.ts';

/**
 * FreeU's factors: b for the backbone (1 = off), s for the low frequencies of the skips (1 = off), stage 1 being the deepest. The third
 * stage and the factors h need a U-Net that was opened with them (`UNetOptions.freeuForms`).
 */
export type FreeUUse = StepWindow & {
  readonly b1: number;
  readonly b2: number;
  readonly s1: number;
  readonly s2: number;
  /** Of the third stage, default 1. */
  readonly b3?: number;
  readonly s3?: number;
  /** Of the skips' other frequencies, default 1. */
  readonly h1?: number;
  readonly h2?: number;
  readonly h3?: number;
  /** 2 (default) scales by the feature map, 1 by a constant; between them a blend. */
  readonly version?: number;
  /** How far the hard window of steps becomes a ramp, 0 (default) to 1; see `freeuRatio`. */
  readonly smooth?: number;
};

const FACTORS = ['b1', 'b2', 's1', 's2'] as const;
const FURTHER = ['b3', 's3', 'h1', 'h2', 'h3'] as const;

/** Factors that leave everything as it is. */
export const NO_FREEU = { b1: 1, b2: 1, s1: 1, s2: 1 } as const;

/**
 * How much of FreeU holds at a step, 0 to 1: every factor f becomes 1 - ratio + ratio f.
 *
 * Without smoothness 1 inside of the window and 0 outside. With it as in the web UI's extension (sd-webui-freeu), with first =
 * trunc(start count) and last = trunc(end count):
 *   flat = 1 where first <= i < last, else 0
 *   ramp = i / first before first, from there 1 + (i - first) / (first - last), within 0..1; 0 where first = last
 *   ratio = (1 - smooth) flat + smooth ramp
 * @param i the step, from 0; `count` steps are made
 */
export const freeuRatio = (
  { start = 0, end = 1, smooth = 0 }: Pick<FreeUUse, 'start' | 'end' | 'smooth'>,
  i: number,
  count: number,
): number => {
  if (smooth === 0) return within({ start, end }, i, count) ? 1 : 0;
  const [first, last] = [Math.trunc(start * count), Math.trunc(end * count)];
  const flat = first <= i && i < last ? 1 : 0;
  const slope = i < first ? i / first : 1 + (i - first) / (first - last);
  const ramp = first === last ? 0 : Math.min(1, Math.max(0, slope));
  return (1 - smooth) * flat + smooth * ramp;
};

/** A factor moved towards 1: all of it at a ratio of 1, none at 0, both exactly. */
export const factorAt = (ratio: number, factor = 1): number => (ratio === 1 ? factor : ratio === 0 ? 1 : 1 - ratio + ratio * factor);

/**
 * FreeU's inputs of a U-Net at a step.
 * @throws RangeError for a factor that the U-Net was opened without
 */
export const freeuFeeds = (
  { inputs }: Pick<NetworkGraph, 'inputs'>,
  use: FreeUUse | undefined,
  { position, count }: { readonly position: number; readonly count: number },
): Feeds => {
  const { version = 2, ...factors }: FreeUUse = use ?? NO_FREEU;
  const there = (name: string): boolean => inputs.some(port => port.name === name);
  const missing = FURTHER.find(name => (factors[name] ?? 1) !== 1 && !there(name));
  if (missing)
    throw new RangeError(`the U-Net was opened without FreeU's ${missing}: name its stage in freeuForms when the model is opened`);
  const ratio = use ? freeuRatio(use, position, count) : 0;
  const names = [...FACTORS, ...FURTHER.filter(there)];
  return {
    ...Object.fromEntries(names.map(name => [name, scalar(factorAt(ratio, factors[name]))])),
    freeu_version: scalar(ratio === 0 ? 2 : version),
  };
};
