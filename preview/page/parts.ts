// The parts of the clip that are drawn: one part, which is the result (`--frames`), or parts beside which the clip stays (`--only`).
import type { Shot } from '../api.ts';
import { change, frame, info, notice, plan, values } from './store.ts';

/** `12-30`; undefined for what is written another way. */
const shotOf = (text: string): Shot | undefined => {
  const [, first, last] = /^(\d+)-(\d+)$/.exec(text) ?? [];
  return first === undefined || Number(first) > Number(last) ? undefined : { first: Number(first), last: Number(last) };
};

/** In order; those that meet or overlap are one. */
const joined = (parts: readonly Shot[]): readonly Shot[] => {
  const done: Shot[] = [];
  for (const { first, last } of [...parts].sort((a, b) => a.first - b.first)) {
    const before = done.at(-1);
    if (before && first <= before.last + 1) done[done.length - 1] = { first: before.first, last: Math.max(before.last, last) };
    else done.push({ first, last });
  }
  return done;
};

type Parts = {
  /** All frames that there are. */
  readonly clip: Shot;
  /** Frames of the result. */
  readonly run: Shot;
  /** Whether the result shows the source beside the parts. */
  readonly keepsRest: boolean;
  readonly parts: readonly Shot[];
  /** Whether handles may move them: a result that the command has cut by time cannot be cut anew. */
  readonly movable: boolean;
};

/** As they are set, without waiting for the server's plan: a handle that is let go stays where it is. */
export const partsNow = (): Parts => {
  const { clip: all, plan: begun } = info.value!;
  const { from, frames, cuttable } = all;
  const clip = { first: from, last: from + frames - 1 };
  const { frames: framesSet, only: onlySet } = values.value;
  const run = (typeof framesSet === 'string' && shotOf(framesSet)) || { first: begun.from, last: begun.from + begun.frames - 1 };
  const texts = onlySet === undefined ? undefined : [onlySet as string | readonly string[]].flat().map(shotOf);
  // Times are the server's to read.
  const asked = texts?.includes(undefined) ? (plan.value?.only ?? []) : ((texts as Shot[] | undefined) ?? begun.only);
  const only = joined(asked.filter(({ first, last }) => first <= run.last && last >= run.first));
  const keepsRest = only.length > 0;
  return { clip, run, keepsRest, parts: keepsRest ? only : [run], movable: keepsRest || cuttable };
};

const holds = ({ first, last }: Shot, number: number): boolean => number >= first && number <= last;

/** What becomes of a frame: it is drawn, or stays that of the source in the result, or is not in it. */
export const fateOf = (number: number): 'drawn' | 'stays' | 'outside' => {
  const { run, parts } = partsNow();
  if (!holds(run, number)) return 'outside';
  return parts.some(part => holds(part, number)) ? 'drawn' : 'stays';
};

/** The part that a frame lies in, or the nearest one; its place among the parts. */
export const partAt = (number: number): number => {
  const away = ({ first, last }: Shot): number => Math.max(first - number, number - last, 0);
  const { parts } = partsNow();
  return parts.reduce((best, part, i) => (away(part) < away(parts[best]!) ? i : best), 0);
};

const textOf = ({ first, last }: Shot): string => `${first}-${last}`;

/** No parts: an empty list where the command names some. */
const noParts = () => (info.value!.plan.only.length > 0 ? [] : undefined);

/** Moves the ends of a part. */
export const setPart = (index: number, a: number, b: number): void => {
  const { clip, keepsRest, parts } = partsNow();
  const next = { first: Math.min(a, b), last: Math.max(a, b) };
  const whole = next.first <= clip.first && next.last >= clip.last;
  if (keepsRest) change({ only: parts.map((part, i) => textOf(i === index ? next : part)) });
  else change({ frames: whole ? undefined : textOf(next) });
};

export const beginHere = (): void => {
  const { parts, movable } = partsNow();
  const index = partAt(frame.value);
  if (movable) setPart(index, frame.value, Math.max(frame.value, parts[index]!.last));
};

export const endHere = (): void => {
  const { parts, movable } = partsNow();
  const index = partAt(frame.value);
  if (movable) setPart(index, Math.min(frame.value, parts[index]!.first), frame.value);
};

/** Whether the result is the whole clip, and the source beside the part. */
export const keepRest = (keeps: boolean): void => {
  const { run, parts } = partsNow();
  if (keeps) change({ frames: undefined, only: [textOf(run)] });
  else
    change({ only: noParts(), ...(info.value!.clip.cuttable && { frames: textOf({ first: parts[0]!.first, last: parts.at(-1)!.last }) }) });
};

const LENGTH = 10; // frames of a part that is begun

/** A part more, from the frame that is shown to the next part at most. */
export const addPart = (): void => {
  const { run, parts } = partsNow();
  const number = frame.value;
  const next = parts.find(({ first }) => first > number);
  const last = Math.min(number + LENGTH, run.last, (next?.first ?? Number.POSITIVE_INFINITY) - 2);
  change({ only: [...parts, { first: number, last: Math.max(number, last) }].map(textOf) });
  notice.value = `Frames ${number} to ${Math.max(number, last)} are drawn, too.`;
};

export const removePart = (index: number): void =>
  change({
    only: partsNow()
      .parts.filter((_, i) => i !== index)
      .map(textOf),
  });

export const wholeClip = (): void => change({ frames: undefined, only: noParts() });
