// The passes that a drawing takes: one for a style, and one over it for a second.
import type { Options } from '../../config/options.ts';
import { stepsAtStrength } from '../../models/samplers/schedule.ts';

/** A pass: what its nodes are called by beside those of others, and the options that it has otherwise than the run. */
export type PassOptions = { readonly suffix: string; readonly changes: Partial<Options> };

/** The share of the strength for which the first of two styles is drawn once more over itself: 0 where that makes no step. */
export const againShare = ({ firstAgain, strength, steps }: Pick<Options, 'firstAgain' | 'strength' | 'steps'>): number =>
  stepsAtStrength(steps, strength * firstAgain) > 0 ? firstAgain : 0;

/**
 * In their order; the last one gives the result. Of two styles the first may be guided more, and be drawn once more over itself: the second
 * covers a little of its texture. Each pass begins at what the one before drew, whatever that began at.
 */
export const passesOf = (options: Options): { readonly before: readonly PassOptions[]; readonly last: PassOptions } => {
  const { cfgScale, firstCfgScale = cfgScale, strength } = options;
  const second = (options.secondStyle ?? '').trim();
  if (second === '') return { before: [], last: { suffix: '', changes: {} } };
  const guided = { cfgScale: Math.max(cfgScale, firstCfgScale) };
  const share = againShare(options);
  const again = { ...guided, strength: strength * share, fromNoise: false };
  return {
    before: [{ suffix: ' first', changes: guided }, ...(share > 0 ? [{ suffix: ' again', changes: again }] : [])],
    last: { suffix: '', changes: { style: second, fromNoise: false } },
  };
};
