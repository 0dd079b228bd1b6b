// The rule of which key frame the others take their look from.

import { UsageError } from './errors.ts';
import { type Place, parsePlaces } from './place.ts';
import { show } from './show.ts';

export type AnchorRule = {
  /** Key frames from one anchor to the next within a shot; undefined: each shot has one. */
  readonly refresh: number | undefined;
  /** Key frames that are their shots' anchors; of other shots the first is. */
  readonly at: readonly Place[];
};

/** @throws UsageError for another rule */
export const parseAnchor = (rule: string): AnchorRule => {
  if (rule === 'first') return { refresh: undefined, at: [] };
  const period = Number(/^refresh[ :=](\d+)$/.exec(rule.trim())?.[1]);
  if (Number.isInteger(period) && period >= 1) return { refresh: period, at: [] };
  const at = parsePlaces(rule);
  if (at) return { refresh: undefined, at };
  throw new UsageError(
    `--anchor must be first, frames or times such as 12 or 0:01.5,90, or refresh N with N from 1 (key frames); got ${show(rule)}.`,
  );
};

/** `--anchor refresh 5` as the shell splits it, joined to one value. */
export const joinAnchor = (argv: readonly string[]): string[] =>
  argv.flatMap((part, i) => {
    const isNumber = /^\d+$/.test(part) && argv[i - 1] === 'refresh' && argv[i - 2] === '--anchor';
    const takesNumber = part === 'refresh' && argv[i - 1] === '--anchor' && /^\d+$/.test(argv[i + 1] ?? '');
    return isNumber ? [] : [takesNumber ? `refresh ${argv[i + 1]}` : part];
  });
