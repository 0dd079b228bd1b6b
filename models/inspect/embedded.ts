// What the embedded model was taught, and what it cannot do: its model card in short (models/rerender-mini/README.md).
import { PRESETS } from '../../config/presets.ts';

/** The presets whose words it was trained on. */
const STYLES: readonly string[] = Object.entries(PRESETS)
  .filter(([, { style }]) => style !== undefined)
  .map(([name]) => name);

/** A sentence each. */
const LIMITS: readonly string[] = [
  'It restyles what is in the picture and cannot invent: from words alone it draws next to nothing.',
  'A texture and a tone mix ("an oil painting, a night scene"); of two textures it gives one, or something between.',
  'Mosaic, pencil, pastel and blueprint are restless where much moves.',
  'FreeU changes little.',
];

/** What `models inspect` says of the embedded model beside its parts. */
export const EMBEDDED = { styles: STYLES, limits: LIMITS } as const;
