// What the embedded models were taught, and what they cannot do: their model cards in short (models/NAME/README.md).
import { PRESETS } from '../../config/presets.ts';

/** The presets whose words it was trained on. */
const STYLES: readonly string[] = Object.entries(PRESETS)
  .filter(([, { style }]) => style !== undefined)
  .map(([name]) => name);

/** A sentence each. */
const LIMITS: readonly string[] = [
  'It restyles what is in the picture and cannot invent: from words alone it draws next to nothing.',
  'A texture and a tone are drawn one after the other ("an oil painting, a night scene"); of two textures it gives a mixture or one.',
  'Mosaic, pencil, pastel and blueprint are restless where much moves.',
  'FreeU changes little.',
];

/** What `models inspect` says of rerender-mini beside its parts. */
export const EMBEDDED = { styles: STYLES, limits: LIMITS } as const;

/** What it says of rerender-words beside its parts and its words. */
export const EMBEDDED_WORDS = {
  /** Whose drawings it learned from: "a cat, noto". */
  hands: ['noto', 'twemoji', '3d', 'flat', 'emojione'],
  limits: [
    'It draws one of its words, 64 x 64 pixels; other words mean nothing to it, or another thing.',
    'Of two things in one prompt one wins, or they mix; plurals and numbers are unknown.',
    'Its pictures are soft and a little blotchy, and thin parts tear.',
  ],
} as const;
