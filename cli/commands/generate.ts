// `rerender generate`: pictures or a clip from words.
import { GENERATE_DEFAULTS } from '../../config/generate-defaults.ts';
import { command, type Wording } from '../command.ts';
import { RUN_FLAGS } from '../common-flags.ts';
import { perform, type RunFlags } from '../perform.ts';

const { picture, clip, frames } = GENERATE_DEFAULTS;

/** What options mean here; those of pictures and clips are no rarities here, and are shown. */
const WORDING: Wording = {
  output: { help: `a .png; of a video model .mp4 .mov .mkv .webm .gif, or a folder for PNGs (default: ${picture}, ${clip})` },
  frames: { flag: '--frames <n>', help: `how many frames a video model draws (default: ${frames})` },
  size: { help: 'both sides, pixels; with --init the short side' },
  width: { help: 'pixels, in place of --size' },
  height: { help: 'pixels, in place of --size' },
  style: { flag: '-p, --prompt <text>', help: 'what is to be seen, in words' },
  model: {
    help:
      'Stable Diffusion for pictures, ModelScope for clips: folder, file or hub id; without it rerender-words draws one of 164 words, ' +
      'and with --init or a control rerender-mini restyles',
  },
  strength: { help: 'distance from --init, 0 to 1' },
  mix: { help: 'how much of the drawing is seen over --init, 0 to 1' },
  control: { help: 'ControlNet fed with --control-image or --init (tile) or its edges (canny), repeatable; `none` for none' },
  init: {},
  controlImage: {},
  seeds: {},
  count: {},
  fromPng: {},
  freeuSweep: {},
  freeuSpectrum: {},
  fps: { help: 'frames a second of a clip' },
};

export const generateCommand = command<RunFlags>({
  name: 'generate',
  summary: 'Draws pictures from words, or a clip with a video model (ModelScope text-to-video).',
  usage: '--prompt "a cat" -o picture.png [--model FOLDER] [options]',
  jobs: ['pictures', 'clips'],
  wording: WORDING,
  flags: { Terminal: RUN_FLAGS },
  run: ({ flags, layer }) => perform(flags, layer, async context => (await import('../../pipeline/index.ts')).generate(context)),
});
