// Compares what was computed with what a case expects, output by output.
import type { Case, Result } from './case.ts';
import type { Numbers } from './tensors.ts';

/** Largest absolute difference; infinite when lengths differ or a number is none. */
export const largestDifference = (a: Numbers['data'], b: Numbers['data']): number => {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let largest = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs(Number(a[i]) - Number(b[i]));
    if (Number.isNaN(difference)) return Number.POSITIVE_INFINITY;
    largest = Math.max(largest, difference);
  }
  return largest;
};

/** Every output of the case against `computed`. The result tells the one that comes closest to, or goes furthest past, its bound. */
export const compare = (c: Case, computed: Readonly<Record<string, Numbers>>): Result => {
  let worst = { maxError: 0, bound: c.tolerance.abs, pass: true, share: -1 };
  const notes: string[] = [];
  for (const [name, expected] of Object.entries(c.outputs)) {
    const found = computed[name];
    const bound = c.tolerance.outputs[name] ?? c.tolerance.abs;
    const alike = found !== undefined && String(found.dims) === String(expected.dims);
    const maxError = alike ? largestDifference(found.data, expected.data) : Number.POSITIVE_INFINITY;
    if (!found) notes.push(`${name} was not computed`);
    else if (!alike) notes.push(`${name} is [${found.dims.join(', ')}], expected [${expected.dims.join(', ')}]`);
    const share = maxError <= bound ? maxError / (bound || 1) : Number.MAX_VALUE;
    if (share > worst.share) worst = { maxError, bound, pass: maxError <= bound, share };
    if (maxError > bound && alike) notes.push(`${name} is off`);
  }
  if (worst.share < 0) return { maxError: 0, bound: 0, pass: false, note: 'the case expects no outputs' };
  const { maxError, bound, pass } = worst;
  return { maxError, bound, pass, ...(notes.length > 0 && { note: notes.join('; ') }) };
};
