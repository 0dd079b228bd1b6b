// `rerender generate`: pictures or a clip from words.
import type { Command } from 'commander';
import { OPTIONS, type OptionName } from '../../config/options.ts';
import { generate as draw } from '../../pipeline/index.ts';
import type { Wording } from '../flags.ts';
import { perform, type RunFlags } from '../perform.ts';

/** The options that drawing from a prompt has a use for. */
export const GENERATE_OPTIONS: readonly OptionName[] = [
  ...(['output', 'overwrite', 'frames', 'size', 'width', 'height'] as const),
  ...(['style', 'preset', 'negativePrompt', 'seed', 'steps', 'cfgScale', 'sampler', 'model', 'vae', 'lora', 'embedding'] as const),
  ...(['init', 'strength', 'control', 'controlScale', 'controlGuess', 'controlImage', 'cannyLow', 'cannyHigh', 'seeds', 'count'] as const),
  ...(['variant', 'prediction', 'modelConfig', 'sizeMultiple', 'freeuOrder', 'freeuSweep', 'freeuSpectrum'] as const),
  ...(['freeu', 'freeuVersion', 'freeuStages', 'freeuStart', 'freeuEnd', 'fps'] as const),
  ...(['codec', 'crf', 'encoderPreset', 'ffmpegArgs', 'metadata'] as const),
  ...(['device', 'threads', 'workDir', 'cache', 'ffmpeg', 'ffprobe'] as const),
];

/** What these options mean here. Sizes and numbers that the model recommends are named without their general default. */
export const GENERATE_WORDING: Wording = {
  output: { help: 'a .png; of a model of clips .mp4 .mov .mkv .webm .gif, or a folder for PNGs (default: picture.png, clip.mp4)' },
  frames: { flag: '--frames <n>', help: 'how many frames a model of clips draws (default: 16)' },
  size: { help: 'both sides, pixels; with --init the short side (default: 512, of clips 256)' },
  width: { help: 'pixels, in place of --size' },
  height: { help: 'pixels, in place of --size' },
  style: { flag: '-p, --prompt <text>', help: 'what is to be seen, in words' },
  steps: { help: 'denoising steps (default: as the model recommends, else 20; of clips 50)' },
  cfgScale: {
    help: 'how strictly the prompt is followed; 1 or less draws without guidance (default: as the model recommends, else 7.5; of clips 9)',
  },
  model: {
    help: 'a model of pictures (Stable Diffusion) or of clips (ModelScope): folder, file or hub id (default: the embedded one, small and made for --init)',
  },
  strength: { help: 'distance from --init, 0 to 1 (default: 0.75)' },
  control: { help: 'ControlNet fed with --control-image or --init (tile) or its edges (canny), repeatable; `none` for none' },
  init: { help: OPTIONS.init.help },
  controlImage: { help: OPTIONS.controlImage.help },
  seeds: { help: OPTIONS.seeds.help },
  count: { help: OPTIONS.count.help },
  freeuSweep: { help: OPTIONS.freeuSweep.help },
  freeuSpectrum: { help: OPTIONS.freeuSpectrum.help },
  fps: { help: 'frames a second of a clip (default: 8)' },
};

export const generate = (flags: RunFlags, command: Command): Promise<void> => perform(flags, command, context => draw(context));
