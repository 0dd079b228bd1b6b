// How a picture of the user's is named for a place in the clip: FRAME=PICTURE, TIME=PICTURE, or a file called keyframe-000010.png.
import { UsageError } from './errors.ts';
import { type Place, parsePlace } from './place.ts';

export type KeyframeSpec = { readonly place: Place; readonly path: string };

/**
 * Reads a value of `--keyframe`. A whole number is a frame; a time has a colon, a point or an `s`: `0:10`, `1.5`, `2s`.
 * @throws UsageError for what is neither, and where no picture is named
 */
export const parseKeyframe = (value: string): KeyframeSpec => {
  const at = value.indexOf('=');
  const [place, path] = [parsePlace(value.slice(0, Math.max(0, at))), value.slice(at + 1).trim()];
  if (at >= 0 && place && path !== '') return { place, path };
  const rule = 'write FRAME=PICTURE, such as 10=painted.png, or a time with a colon, a point or an s, such as 0:01.5=painted.png or 2s=...';
  throw new UsageError(`--keyframe ${value}: ${rule}`);
};

/** The frame that a file is for, of names as `rerender keyframes` writes them; undefined for other files. */
export const frameOfFile = (name: string): number | undefined => {
  const [, digits] = /^keyframe-(\d{1,9})\.(?:png|jpe?g|webp|tiff?)$/i.exec(name) ?? [];
  return digits === undefined ? undefined : Number(digits);
};
