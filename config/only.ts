// Parts of a clip that alone are re-rendered: by frame numbers or by times.
import { UsageError } from './errors.ts';
import { parseTime } from './parse.ts';
import { show } from './show.ts';

/** A part as it was asked for. */
export type OnlyPart =
  /** Two frame numbers, both in. */
  | { readonly kind: 'frames'; readonly text: string; readonly from: number; readonly to: number }
  /** Seconds; frames that are shown from the first time on and before the second. */
  | { readonly kind: 'times'; readonly text: string; readonly from: number; readonly to: number };

const RULE = 'two frame numbers such as 30-60, or two times such as 0.2-0.6, 2s-5s or 1:02-1:05';

/** `5s` as `5`. */
const seconds = (text: string): number | undefined => parseTime(text.replace(/s$/, ''));

/**
 * Reads parts. Whole numbers are frames; where one of the two has a point, a colon or an s, both are times.
 * @throws UsageError naming the part
 */
export const parseOnly = (texts: readonly string[]): OnlyPart[] =>
  texts.map(text => {
    const [a, b, more] = text.split('-').map(side => side.trim());
    const [from, to] = [seconds(a ?? ''), seconds(b ?? '')];
    if (from === undefined || to === undefined || more !== undefined) throw new UsageError(`--only must be ${RULE}; got ${show(text)}.`);
    const kind = /[.:s]/.test(text) ? 'times' : 'frames';
    if (kind === 'times' ? to <= from : to < from) throw new UsageError(`--only ${text} must not end before it begins: give ${RULE}.`);
    return { kind, text, from, to };
  });
