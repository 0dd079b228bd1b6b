// Hands a level to the kernels' patch search.
import type { PropagateKernels } from './kernels.ts';
import type { Level } from './levels.ts';

/** What a match costs beside its distance, in the kernels' units of energy. */
export type Prices = {
  /** A squared pixel away from where the motion points. */
  readonly pullX: number;
  readonly pullY: number;
  /** A unit of use of the style. */
  readonly evenness: number;
};

/**
 * Fills in the level's job (its fields: kernels/propagate/patch.ts) and binds it; `distances` must be those of its matches, and so must
 * `used`, or with `lazily` the counts in `rows`, of which sums are made as they are read.
 */
export const bindSearch = (kernels: PropagateKernels, level: Level, { pullX, pullY, evenness }: Prices, lazily = false): void => {
  const { width, height, keyFeatures, frameFeatures, matches, distances, places, used, active, job, prices } = level;
  const regions = [keyFeatures, frameFeatures, matches, distances, places, used, active];
  const sums = lazily ? [level.rows.at, level.summed.at, level.strip.at] : [0, 0, 0];
  job.data.set([width, height, ...regions.map(({ at }) => at), ...sums]);
  prices.data.set([pullX, pullY, evenness]);
  kernels.bind(job.at, prices.at);
};
