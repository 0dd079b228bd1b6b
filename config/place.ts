// A place in a clip as options write it: a frame of the run, or a time of the clip.
import { UsageError } from './errors.ts';
import { parseTime } from './parse.ts';

/** A frame of the run, counted from 0, or the frame that is shown at a time of the clip, in seconds. */
export type Place = { readonly frame: number } | { readonly time: number };

/** Reads a place. A whole number is a frame; a time has a colon, a point or an `s`: `0:10`, `1.5`, `2s`. Undefined for neither. */
export const parsePlace = (text: string): Place | undefined => {
  const word = text.trim();
  if (/^\d+$/.test(word)) return Number.isSafeInteger(Number(word)) ? { frame: Number(word) } : undefined;
  const time = parseTime(word.replace(/s$/, ''));
  return time === undefined ? undefined : { time };
};

/** Reads places with commas between them; undefined where one of them is none. */
export const parsePlaces = (text: string): readonly Place[] | undefined => {
  const places = text.split(',').map(parsePlace);
  return places.every(place => place !== undefined) ? places : undefined;
};

/**
 * Reads a value of `--keyframes-at`; none where it is left out.
 * @throws UsageError for what is no list of places
 */
export const parseKeyframesAt = (value: string | undefined): readonly Place[] | undefined => {
  if (value === undefined) return undefined;
  const places = parsePlaces(value);
  if (places) return places;
  const rule = 'frames with commas between them, such as 12,30, or times with a colon, a point or an s, such as 0:01.5,2s';
  throw new UsageError(`--keyframes-at must be ${rule}; got ${JSON.stringify(value)}.`);
};

export type KeyframeSeed = { readonly place: Place; readonly seed: number; readonly text: string };

/**
 * Reads a value of `--keyframe-seed`: FRAME=SEED, or TIME=SEED.
 * @throws UsageError for anything else
 */
export const parseKeyframeSeed = (value: string): KeyframeSeed => {
  const [where = '', digits = '', more] = value.split('=');
  const [place, seed] = [parsePlace(where), Number(digits)];
  if (place && /^\s*\d+\s*$/.test(digits) && Number.isSafeInteger(seed) && more === undefined) return { place, seed, text: value };
  const rule = 'write FRAME=SEED, such as 10=7, or a time with a colon, a point or an s, such as 0:01.5=7';
  throw new UsageError(`--keyframe-seed ${value}: ${rule}.`);
};
