// A worker thread of the propagation pool: whole intervals, or the walks away from their keys and what is mixed of both, by tier.
import { serve } from '../../threads/serve.ts';
import { yieldToOthers } from '../../threads/yield-to-others.ts';
import { openFaithfulTier } from './faithful-tier.ts';
import type { Interval, Tier, Walk } from './interval.ts';
import { openPatchTier } from './patch-tier.ts';
import { steadied } from './steady.ts';
import { warpTier } from './warp-tier.ts';

const TIERS = {
  warp: steadied(warpTier),
  patch: steadied(openPatchTier()),
  faithful: openFaithfulTier(),
  origins: openPatchTier({ origins: true }),
};

export type TierId = keyof typeof TIERS;

type Of<Input> = Input & { readonly tier: TierId };
type Mix = { readonly interval: Interval; readonly early: readonly unknown[]; readonly late: readonly unknown[] };

export type PropagationTasks = {
  whole: { input: Of<Interval>; output: Uint8Array[] };
  walk: { input: Of<Walk>; output: unknown[] };
  mix: { input: Of<Mix>; output: Uint8Array[] };
};

const tierOf = (name: TierId): Tier => TIERS[name] as Tier; // each gets the proposals that it made itself
const moved = (value: Uint8Array<ArrayBuffer>[]) => ({ value, transfer: value.map(({ buffer }) => buffer) });

yieldToOthers(); // frames between key frames wait for the next one: it is drawn first
serve<PropagationTasks>({
  whole: ({ tier, ...interval }, checkpoint) => moved(tierOf(tier).whole(interval, checkpoint)),
  walk: ({ tier, ...walk }, checkpoint) => ({ value: tierOf(tier).walk(walk, checkpoint) }),
  mix: ({ tier, interval, early, late }, checkpoint) => moved(tierOf(tier).mix(interval, early, late, checkpoint)),
});
