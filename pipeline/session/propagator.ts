// Makes the frames between key frames: motion between neighbours, then both key frames carried along it.
import { availableParallelism } from 'node:os';
import type { Options } from '../../config/options.ts';
import { openFlow } from '../../stages/flow/flow.ts';
import { openPropagation, type Propagation, type TierName } from '../../stages/propagate/propagate.ts';
import { shared } from '../../threads/share.ts';
import type { Propagator } from '../steps/held.ts';

export type OpenedPropagator = Propagator & { close(): Promise<void> };

/** Opens threads when they are first needed: those of a tier for every tier that is asked for. */
export const openPropagator = ({ jobs = availableParallelism() }: Pick<Options, 'jobs'>): OpenedPropagator => {
  const flow = openFlow({ workers: jobs });
  const tiers = new Map<TierName, Propagation>();
  const tierOf = (tier: TierName): Propagation => {
    const open = tiers.get(tier) ?? openPropagation({ workers: jobs, tier });
    tiers.set(tier, open);
    return open;
  };
  return {
    jobs,
    interval: async ({ frames: decoded, first, last, tier, poisson, steady }, signal) => {
      const frames = decoded.map(shared); // each is read by up to three jobs: two of motion, one of propagation
      const needed = last && frames.length <= 2 ? [] : frames.slice(1); // two neighbouring keys need no motion between them
      const flows = await Promise.all(needed.map((frame, i) => flow.pair(frames[i]!, frame, { signal })));
      const between = needed.length === 0 ? [] : await tierOf(tier).interval({ frames, flows, first, last, poisson, steady }, signal);
      return [first, ...between, ...(last ? [last] : [])];
    },
    close: async () => {
      await Promise.all([flow.close(), ...[...tiers.values()].map(tier => tier.close())]);
    },
  };
};
