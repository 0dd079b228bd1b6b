// Wall time of each stage of a run, and its events.
import type { Listener, StageName } from '../events.ts';

export type StageClock = {
  start(stage: StageName): void;
  progress(stage: StageName, done: number, total: number, unit: string, kept?: boolean): void;
  done(stage: StageName, cached?: number): void;
  /** Seconds of each finished stage, and of everything so far. */
  seconds(): Partial<Record<StageName, number>> & { total: number };
};

/** Stages overlap: key frames, intervals and the encoder work at the same time, so their seconds add up to more than the total. */
export const stageClock = (emit: Listener, now: () => number = () => performance.now() / 1000): StageClock => {
  const begin = now();
  const begun = new Map<StageName, number>();
  const took: Partial<Record<StageName, number>> = {};
  return {
    start: stage => {
      begun.set(stage, now());
      emit({ type: 'stage', stage, state: 'start' });
    },
    progress: (stage, done, total, unit, kept) => emit({ type: 'progress', stage, done, total, unit, ...(kept ? { kept } : {}) }),
    done: (stage, cached) => {
      took[stage] = now() - (begun.get(stage) ?? now());
      emit({ type: 'stage', stage, state: 'done', ...(cached ? { cached } : {}) });
    },
    seconds: () => ({ ...took, total: now() - begin }),
  };
};
