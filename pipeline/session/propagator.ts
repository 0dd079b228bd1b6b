// Makes the frames between key frames: motion between neighbours, then both key frames carried along it.
import { availableParallelism } from 'node:os';
import type { Options } from '../../config/options.ts';
import type { Frame } from '../../media/frame.ts';
import type { FlowPair } from '../../stages/flow/estimate.ts';
import { openFlow } from '../../stages/flow/flow.ts';
import type { Detail } from '../../stages/flow/grid.ts';
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
  const flowsOf = (frames: readonly Frame[], detail: Detail, signal: AbortSignal): Promise<FlowPair[]> =>
    Promise.all(frames.slice(1).map((frame, i) => flow.pair(frames[i]!, frame, { detail, signal })));
  return {
    jobs,
    interval: async ({ frames: decoded, first, last, tier, motion, poisson, steady }, signal, begun) => {
      if (decoded.length <= (last ? 2 : 1)) return [first, ...(last ? [last] : [])]; // neighbouring keys need no motion between them
      const frames = decoded.map(shared); // each is read by several jobs: two of motion, up to three of propagation
      const flows = begun?.flows ?? (await flowsOf(frames, motion, signal));
      const between = await tierOf(tier).interval({ frames, flows, first, last, poisson, steady }, signal, begun?.early);
      return [first, ...between, ...(last ? [last] : [])];
    },
    ahead: async ({ frames: decoded, first, tier, motion }, signal) => {
      const frames = decoded.map(shared);
      if (frames.length <= 2) return { frames, flows: [], early: undefined };
      const flows = await flowsOf(frames, motion, signal);
      return { frames, flows, early: await tierOf(tier).ahead({ frames, flows, first }, signal) };
    },
    close: async () => {
      await Promise.all([flow.close(), ...[...tiers.values()].map(tier => tier.close())]);
    },
  };
};
