// Frames that options name. Pages count frames of the clip, options those of the run, which may begin later.
import type { Options, PartialOptions } from '../../config/options.ts';

/** The options whose values name frames. */
export const PLACED = ['keyframesAt', 'keyframeSeed', 'keyframe', 'anchor', 'only'] as const;

type Placed = { readonly [K in (typeof PLACED)[number]]?: PartialOptions[K] };

/** Frames of a run: numbers of the clip, both included. */
export type Span = { readonly first: number; readonly last: number };

const EVERYWHERE: Span = { first: 0, last: Number.POSITIVE_INFINITY };

/** A frame's number, moved; undefined for one that is outside then. What is no number is a time, and stays. */
type Move = (place: string) => string | undefined;

const isFrame = (place: string): boolean => /^\d+$/.test(place);

/** Clip to run: frames that the run does not have are left out. */
const into =
  ({ first, last }: Span): Move =>
  place => {
    const frame = Number(place);
    if (!isFrame(place)) return place;
    return frame >= first && frame <= last ? String(frame - first) : undefined;
  };

/** Run to clip. */
const outOf =
  (first: number): Move =>
  place =>
    isFrame(place) ? String(Number(place) + first) : place;

const kept = (places: readonly (string | undefined)[]): string[] => places.filter(place => place !== undefined);

/** `12,30`; where nothing is left, `instead`. */
const listMoved = (list: string, move: Move, instead: string): string =>
  kept(list.split(',').map(place => move(place.trim()))).join(',') || instead;

/** `12=...`, each. */
const entriesMoved = (entries: readonly string[], move: Move): string[] =>
  kept(
    entries.map(entry => {
      const at = entry.indexOf('=');
      const place = move(entry.slice(0, at).trim());
      return place === undefined ? undefined : `${place}${entry.slice(at)}`;
    }),
  );

/** `12-30`, each: cut to a span, and counted from `begin` on; what has no frame there is left out, and times stay. */
const partsMoved = (parts: readonly string[], { first, last }: Span, begin: number): string[] =>
  kept(
    parts.map(part => {
      const [, a, b] = /^\s*(\d+)\s*-\s*(\d+)\s*$/.exec(part) ?? [];
      if (a === undefined || Number(a) > Number(b)) return part;
      const [from, to] = [Math.max(first, Number(a)), Math.min(last, Number(b))];
      return from > to ? undefined : `${from - begin}-${to - begin}`;
    }),
  );

const isRule = (anchor: string): boolean => anchor === 'first' || anchor.startsWith('refresh');

const moved = ({ keyframesAt, keyframeSeed, keyframe, anchor }: Placed, move: Move): Placed => ({
  ...(keyframesAt !== undefined && { keyframesAt: listMoved(keyframesAt, move, '0') }), // a shot's first frame is a key frame anyway
  ...(keyframeSeed !== undefined && { keyframeSeed: entriesMoved(keyframeSeed, move) }),
  ...(keyframe !== undefined && { keyframe: entriesMoved(keyframe, move) }),
  ...(anchor !== undefined && { anchor: isRule(anchor) ? anchor : listMoved(anchor, move, 'first') }),
});

const placedOf = ({ keyframesAt, keyframeSeed, keyframe, anchor, only }: PartialOptions): Placed => ({
  ...(keyframesAt !== undefined && { keyframesAt }),
  ...(keyframeSeed !== undefined && { keyframeSeed }),
  ...(keyframe !== undefined && { keyframe }),
  ...(anchor !== undefined && { anchor }),
  ...(only !== undefined && { only }),
});

/** The options in frames of the clip. @param first the clip's frame that the run begins at */
export const toClip = (options: Options, first: number): Placed => ({
  ...moved(placedOf(options), outOf(first)),
  only: partsMoved(options.only, EVERYWHERE, -first),
});

/**
 * What a page sets, in frames of the run; what the command set and the page did not, if the run begins or ends elsewhere now.
 * @param base the command's own options
 * @param begin the clip's frame that the command's run begins at
 */
export const toRun = (values: PartialOptions, span: Span, base: Options, begin: Span): Placed => {
  const elsewhere = begin.first !== span.first || begin.last !== span.last;
  const all = { ...(elsewhere && toClip(base, begin.first)), ...placedOf(values) };
  return { ...moved(all, into(span)), ...(all.only && { only: partsMoved(all.only, span, span.first) }) };
};
