// What drawing costs, counted before anything is drawn: steps of each pass, and bytes of attention states.
import { type AttentionLayer, tokensOf } from '../../models/networks/attention-layers.ts';
import { inPeriod, mixedSteps } from './periods.ts';
import type { FusionSettings } from './settings.ts';

/** The steps that are run, and those at which each fusion works; all counted from 0 of the whole schedule. */
export type StepPlan = {
  readonly steps: number;
  /** The first that is run. */
  readonly first: number;
  readonly cross: readonly number[];
  readonly warp: readonly number[];
  readonly ada: readonly number[];
  readonly mixed: readonly number[];
};

type Planned = { readonly steps: number; readonly begin: number | 'noise'; readonly fusion: FusionSettings };

/**
 * Which denoising steps a key frame runs, and at which of them each fusion works; all counted from 0 of the whole schedule.
 * @param total steps that the sampler makes of a whole schedule of `steps`: PNDM makes more
 */
export const planSteps = ({ steps, begin, fusion }: Planned, total = steps): StepPlan => {
  const first = begin === 'noise' ? 0 : begin;
  const run = Array.from({ length: Math.max(0, begin === steps ? 0 : total - first) }, (_, i) => first + i);
  const within = (period: FusionSettings['cross']) => run.filter(i => inPeriod(period, i, steps));
  const mixed = fusion.maskStrength > 0 ? mixedSteps(fusion.mask, steps, first) : [];
  return { steps: total, first, cross: within(fusion.cross), warp: within(fusion.warp), ada: within(fusion.ada), mixed };
};

/** Whether key frames look at others at all; if not, each is drawn on its own. */
export const isLinked = ({ cross, warp, ada, mixed }: StepPlan): boolean => [cross, warp, ada, mixed].some(steps => steps.length > 0);

/** Whether motion between key frames is asked for. */
export const needsMotion = ({ warp, mixed }: StepPlan): boolean => warp.length > 0 || mixed.length > 0;

/** Whether key frames attend to states of others. */
export const needsStates = ({ cross }: StepPlan): boolean => cross.length > 0;

/** Whether key frames read the clean latents of their anchor. */
export const needsClean = ({ warp, ada }: StepPlan): boolean => warp.length > 0 || ada.length > 0;

/** Denoising steps of an anchor, and (at most) of a key frame behind it: the second pass begins at the first mixed step. */
export const stepCounts = ({ steps, first, mixed }: StepPlan): { readonly anchor: number; readonly key: number } => {
  const whole = steps - first;
  return { anchor: whole, key: whole + (mixed[0] === undefined ? 0 : steps - mixed[0]) };
};

/** What the published algorithm runs: every step in every pass, whether or not its result is used. */
export const publishedCounts = ({ steps, mixed }: StepPlan): { readonly anchor: number; readonly key: number } => ({
  anchor: steps,
  key: mixed.length > 0 ? 2 * steps : steps,
});

/** The layers whose states are kept: with loose attention those of the widest are not. */
export const chosenLayers = (layers: readonly AttentionLayer[], loose: boolean): readonly AttentionLayer[] =>
  layers.filter(layer => !(loose && layer.widest));

/**
 * Bytes of the states that a key frame leaves: tokens x channels of each chosen layer and half of the guidance pair,
 * at every step that leaves them.
 */
export const stateBytes = (
  { cross }: StepPlan,
  layers: readonly AttentionLayer[],
  { loose, height, width, batch, bytes }: { loose: boolean; height: number; width: number; batch: number; bytes: number },
): number =>
  cross.length *
  chosenLayers(layers, loose).reduce((sum, layer) => sum + batch * tokensOf(layer, height, width) * layer.channels * bytes, 0);
