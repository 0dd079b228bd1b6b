// Which calls of the U-Net a run of the sampler makes, counted before anything is run.
import { runsWhole, type Stored } from './deep-reuse.ts';
import { type StepWindow, within } from './step-window.ts';

/** Calls of the whole U-Net, and of its first and last layers alone: for a guidance pair, and for the prompt's half alone. */
export type Calls = { readonly pairs: number; readonly singles: number; readonly shallowPairs: number; readonly shallowSingles: number };

/** How a run saves calls. */
export type Savings = {
  /** Whether guidance is on at all. */
  readonly guided: boolean;
  /** The part of the steps that are guided, default all. */
  readonly guidanceWindow?: StepWindow | undefined;
  /** Every how many steps the whole U-Net is run, default 1. */
  readonly wholeEvery?: number | undefined;
};

export const NO_CALLS: Calls = { pairs: 0, singles: 0, shallowPairs: 0, shallowSingles: 0 };

export const addCalls = (a: Calls, b: Calls): Calls => ({
  pairs: a.pairs + b.pairs,
  singles: a.singles + b.singles,
  shallowPairs: a.shallowPairs + b.shallowPairs,
  shallowSingles: a.shallowSingles + b.shallowSingles,
});

/** The calls of the steps at these positions of a run of `count`, which begins with nothing stored. */
export const callsOf = (positions: readonly number[], count: number, { guided, guidanceWindow = {}, wholeEvery = 1 }: Savings): Calls => {
  let stored: Stored | undefined;
  let calls = NO_CALLS;
  for (const position of positions) {
    const halves = guided && within(guidanceWindow, position, count) ? 2 : 1;
    const whole = runsWhole(position, wholeEvery, halves, stored);
    if (whole) stored = { halves };
    const name = whole ? (halves === 2 ? 'pairs' : 'singles') : halves === 2 ? 'shallowPairs' : 'shallowSingles';
    calls = { ...calls, [name]: calls[name] + 1 };
  }
  return calls;
};
