// A worker thread of the propagation pool: whole intervals, by tier.
import { serve } from '../../threads/serve.ts';
import { openFaithfulTier } from './faithful-tier.ts';
import type { Interval, Tier } from './interval.ts';
import { openPatchTier } from './patch-tier.ts';
import { steadied } from './steady.ts';
import { warpTier } from './warp-tier.ts';

type Task = { input: Interval; output: Uint8Array[] };

export type PropagationTasks = { warp: Task; patch: Task; faithful: Task; origins: Task };

const handler =
  (tier: Tier) =>
  (interval: Interval, checkpoint: () => void): { value: Uint8Array[]; transfer: ArrayBuffer[] } => {
    const value = tier(interval, checkpoint);
    return { value, transfer: value.map(({ buffer }) => buffer) };
  };

serve<PropagationTasks>({
  warp: handler(steadied(warpTier)),
  patch: handler(steadied(openPatchTier())),
  faithful: handler(openFaithfulTier()),
  origins: handler(openPatchTier({ origins: true })),
});
