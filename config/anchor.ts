// The rule of which key frame the others take their look from.

import { UsageError } from './errors.ts';
import { show } from './show.ts';

/**
 * Key frames from one anchor to the next within a shot; undefined: each shot's first is its only one.
 * @throws UsageError for another rule
 */
export const parseAnchor = (rule: string): number | undefined => {
  if (rule === 'first') return undefined;
  const period = Number(/^refresh[ :=](\d+)$/.exec(rule.trim())?.[1]);
  if (Number.isInteger(period) && period >= 1) return period;
  throw new UsageError(`--anchor must be first, or refresh N with N from 1 (key frames); got ${show(rule)}.`);
};

/** `--anchor refresh 5` as the shell splits it, joined to one value. */
export const joinAnchor = (argv: readonly string[]): string[] =>
  argv.flatMap((part, i) => {
    const isNumber = /^\d+$/.test(part) && argv[i - 1] === 'refresh' && argv[i - 2] === '--anchor';
    const takesNumber = part === 'refresh' && argv[i - 1] === '--anchor' && /^\d+$/.test(argv[i + 1] ?? '');
    return isNumber ? [] : [takesNumber ? `refresh ${argv[i + 1]}` : part];
  });
