// A worker thread of the propagation pool: whole intervals, by tier.
import { serve } from '../workers/serve.ts';
import type { Interval } from './interval.ts';
import { warpTier } from './warp-tier.ts';

export type PropagationTasks = {
  warp: { input: Interval; output: Uint8Array[] };
};

serve<PropagationTasks>({
  warp: (interval, checkpoint) => {
    const value = warpTier(interval, checkpoint);
    return { value, transfer: value.map(({ buffer }) => buffer) };
  },
});
