// How a picture of the user's is named for a place in the clip: FRAME=PICTURE, TIME=PICTURE, or a file called keyframe-000010.png.
import { UsageError } from './errors.ts';
import { parseTime } from './parse.ts';

/** Where a picture stands: at a frame of the run, counted from 0, or at the frame that is shown at a time of the clip, in seconds. */
export type Place = { readonly frame: number } | { readonly time: number };

export type KeyframeSpec = { readonly place: Place; readonly path: string };

const placeOf = (text: string): Place | undefined => {
  if (/^\d+$/.test(text)) return Number.isSafeInteger(Number(text)) ? { frame: Number(text) } : undefined;
  // A whole number is a frame; times have a colon, a point or an s.
  const time = parseTime(text.replace(/s$/, ''));
  return time === undefined ? undefined : { time };
};

/**
 * Reads a value of `--keyframe`. A whole number is a frame; a time has a colon, a point or an `s`: `0:10`, `1.5`, `2s`.
 * @throws UsageError for what is neither, and where no picture is named
 */
export const parseKeyframe = (value: string): KeyframeSpec => {
  const at = value.indexOf('=');
  const [place, path] = [placeOf(value.slice(0, Math.max(0, at)).trim()), value.slice(at + 1).trim()];
  if (at >= 0 && place && path !== '') return { place, path };
  const rule = 'write FRAME=PICTURE, such as 10=painted.png, or a time with a colon, a point or an s, such as 0:01.5=painted.png or 2s=...';
  throw new UsageError(`--keyframe ${value}: ${rule}`);
};

/** The frame that a file is for, of names as `rerender keyframes` writes them; undefined for other files. */
export const frameOfFile = (name: string): number | undefined => {
  const [, digits] = /^keyframe-(\d{1,9})\.(?:png|jpe?g|webp|tiff?)$/i.exec(name) ?? [];
  return digits === undefined ? undefined : Number(digits);
};
