// What drawing costs here, from the drawings that were made: for estimates that nobody has to wait for.
import type { PlanNode } from '../../pipeline/graph/plan.ts';
import type { Measured } from '../../pipeline/session/measure.ts';

export type Pace = {
  start(node: PlanNode): void;
  step(node: PlanNode, done: number): void;
  done(node: PlanNode): void;
  /** Undefined before a picture was drawn. */
  measured(): Measured | undefined;
};

type Stamps = { readonly begin: number; first?: number; steps: number; last: number };

export const openPace = (now: () => number = () => performance.now() / 1000): Pace => {
  const running = new Map<PlanNode, Stamps>();
  let each: { readonly step: number; readonly rest: number } | undefined;
  return {
    start: node => void running.set(node, { begin: now(), steps: 0, last: now() }),
    step: (node, done) => {
      const stamps = running.get(node);
      if (!stamps) return;
      stamps.last = now();
      stamps.first ??= stamps.last;
      stamps.steps = done;
    },
    done: node => {
      const stamps = running.get(node);
      running.delete(node);
      if (!stamps?.first || stamps.steps < 2) return;
      const step = (stamps.last - stamps.first) / (stamps.steps - 1);
      const rest = Math.max(0, now() - stamps.begin - step * stamps.steps);
      each = each ? { step: (each.step + step) / 2, rest: Math.min(each.rest, rest) } : { step, rest };
    },
    measured: () => each && { start: 0, secondsPerStep: each.step, secondsPerPicture: each.rest, memory: process.memoryUsage.rss() },
  };
};
