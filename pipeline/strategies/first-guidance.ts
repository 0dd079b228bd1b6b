// How strongly the first of two styles is guided.
import type { Options } from '../../config/options.ts';

/** Weight of the prompt in the first of two passes: what is asked for it, where that is more than what all are drawn with. */
export const firstGuidance = ({ cfgScale, firstCfgScale = cfgScale }: Pick<Options, 'cfgScale' | 'firstCfgScale'>): number =>
  Math.max(cfgScale, firstCfgScale);
