// UniPC (Zhao et al. 2023, arXiv 2302.04867): a predictor, and a corrector that uses the network's next answer at no further cost.
import { BOUNDS } from '../networks/limits.ts';
import type { Tensor } from '../tensor.ts';
import { blend, type Term } from './arithmetic.ts';
import { levelOf } from './level.ts';
import type { Point, Sampler, StepInput } from './sampler.ts';
import type { Schedule } from './schedule.ts';
import { solverSteps } from './sigmas.ts';
import { dynamicThresholdOf } from './thresholding.ts';

/** Solves A x = b by elimination with row exchange. */
const solve = (a: readonly (readonly number[])[], b: readonly number[]): number[] => {
  const rows = a.map((row, i) => [...row, b[i]!]);
  for (const [k] of rows.entries()) {
    const pivot = rows.reduce((best, row, i) => (i >= k && Math.abs(row[k]!) > Math.abs(rows[best]![k]!) ? i : best), k);
    [rows[k], rows[pivot]] = [rows[pivot]!, rows[k]!];
    for (let i = k + 1; i < rows.length; i++) {
      const factor = rows[i]![k]! / rows[k]![k]!;
      rows[i] = rows[i]!.map((v, j) => v - factor * rows[k]![j]!);
    }
  }
  const x = rows.map(() => 0);
  for (let k = rows.length - 1; k >= 0; k--) {
    const solved = x.reduce((sum, v, j) => (j > k ? sum + rows[k]![j]! * v : sum), 0);
    x[k] = (rows[k]!.at(-1)! - solved) / rows[k]![k]!;
  }
  return x;
};

/** b_i = i! phi_{i+1}(hh) hh / B of eq. 9 and 10, for i = 1 .. order. */
const targets = (hh: number, b: number, order: number): number[] => {
  const out: number[] = [];
  let phi = Math.expm1(hh) / hh - 1;
  let factorial = 1;
  for (let i = 1; i <= order; i++) {
    out.push((phi * factorial) / b);
    factorial *= i + 1;
    phi = phi / hh - 1 / factorial;
  }
  return out;
};

/**
 * From the level of `from` to `bar`: x' = (sigma'/sigma) x - alpha' (e^-h - 1) m0 - alpha' B sum_k rho_k D_k, D_k = (m_k - m0) / r_k,
 * where r_k = (lambda_k - lambda) / h. The m_k are earlier clean samples, and the one at `bar` itself (r = 1) when this is the corrector.
 */
const update = (from: Point, earlier: readonly Point[], bar: number, solver: 'bh1' | 'bh2', next?: Tensor): Tensor => {
  const [start, end] = [levelOf(from.step.alphaBar), levelOf(bar)];
  const hh = start.lambda - end.lambda; // -h
  const reach = Math.expm1(hh);
  const b = solver === 'bh1' ? hh : reach;
  const ratios = earlier.map(({ step }) => (levelOf(step.alphaBar).lambda - start.lambda) / -hh);
  const points = [...earlier.map((p, k) => ({ m: p.denoised, r: ratios[k]! })), ...(next ? [{ m: next, r: 1 }] : [])];
  const matrix = points.map((_, i) => points.map(({ r }) => r ** i));
  const weights = points.length === 1 ? [0.5] : solve(matrix, targets(hh, b, points.length));
  const terms = points.map(({ m, r }, k): Term => [(-end.alpha * b * weights[k]!) / r, m]);
  const atStart = terms.reduce((sum, [c]) => sum - c, -end.alpha * reach);
  return blend([end.sigma / start.sigma, from.x], [atStart, from.denoised], ...terms);
};

/**
 * The order rises from 1 over the first steps and falls again over the last ones where `lower_order_final` says so; a last level without
 * noise is always reached with order 1. The corrector of a step has the order of the predictor before it.
 */
export const unipc = (schedule: Schedule, count: number, first: number): Sampler => {
  const { read, prediction } = schedule;
  read.refuse('solver_p');
  if (!read.flag('predict_x0', true)) throw read.error('predict_x0', 'false is not supported');
  const kind = read.choice('solver_type', ['bh2', 'bh1', 'midpoint', 'heun', 'logrho'], 'bh2'); // the last three are DPM-Solver's: bh2
  const solver = kind === 'bh1' ? 'bh1' : 'bh2';
  const solverOrder = read.count('solver_order', BOUNDS.order, 2);
  if (solverOrder > 3) throw read.error('solver_order', `${solverOrder} is not supported; at most 3 is`);
  const lowerAtEnd = read.flag('lower_order_final', true);
  const uncorrected = read.numbers('disable_corrector', BOUNDS.timesteps[1]) ?? [];
  const orderAt = (index: number, points: number): number => Math.min(solverOrder, points, lowerAtEnd ? count - index : solverOrder);

  return {
    prediction,
    steps: solverSteps(schedule, count, 'unipc').slice(first),
    start: 1,
    memory: solverOrder,
    spread: () => 0,
    threshold: dynamicThresholdOf(schedule),
    correct: ({ now: { step, x, denoised }, past }: StepInput): Tensor => {
      const from = past.at(-1);
      if (!from || uncorrected.includes(step.index - 1)) return x;
      const order = orderAt(step.index - 1, past.length);
      return update(
        from,
        past
          .slice(0, -1)
          .reverse()
          .slice(0, order - 1),
        step.alphaBar,
        solver,
        denoised,
      );
    },
    advance: ({ now, past }: StepInput): Tensor => {
      const order = now.step.alphaBarNext === 1 ? 1 : orderAt(now.step.index, past.length + 1);
      return update(now, [...past].reverse().slice(0, order - 1), now.step.alphaBarNext, solver);
    },
  };
};
