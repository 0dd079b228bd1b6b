// `rerender generate`: a clip from words alone.
import type { Command } from 'commander';
import type { OptionName } from '../../config/options.ts';
import { generateVideo } from '../../pipeline/index.ts';
import type { Wording } from '../flags.ts';
import { perform, type RunFlags } from '../perform.ts';

/** The options that drawing from a prompt has a use for. */
export const GENERATE_OPTIONS: readonly OptionName[] = [
  ...(['output', 'overwrite', 'frames', 'size', 'width', 'height'] as const),
  ...(['style', 'preset', 'negativePrompt', 'seed', 'steps', 'cfgScale', 'sampler', 'model', 'lora', 'embedding'] as const),
  ...(['freeu', 'freeuVersion', 'freeuStages', 'freeuStart', 'freeuEnd', 'fps'] as const),
  ...(['codec', 'crf', 'encoderPreset', 'ffmpegArgs', 'metadata'] as const),
  ...(['device', 'threads', 'workDir', 'cache', 'ffmpeg', 'ffprobe'] as const),
];

/** What these options mean here. Sizes and numbers that the model recommends are named without their general default. */
export const GENERATE_WORDING: Wording = {
  output: { help: 'where the clip goes: .mp4 .mov .mkv .webm .gif, or a folder for PNGs (default: clip.mp4)' },
  frames: { flag: '--frames <n>', help: 'how many frames are drawn (default: 16)' },
  size: { help: 'both sides, pixels (default: 256)' },
  width: { help: 'pixels, in place of --size' },
  height: { help: 'pixels, in place of --size' },
  style: { flag: '-p, --prompt <text>', help: 'what is to be seen, in words' },
  steps: { help: 'denoising steps (default: 50)' },
  cfgScale: { help: 'how strictly the prompt is followed; 1 or less draws without guidance (default: 9)' },
  model: { help: "a model of clips, such as ModelScope's: its folder, or its id on the hub" },
  fps: { help: 'frames a second (default: 8)' },
};

export const generate = (flags: RunFlags, command: Command): Promise<void> => perform(flags, command, context => generateVideo(context));
