// How the result is written.
import { MAIN, WRITING } from '../jobs.ts';
import type { OptionSpec } from '../option.ts';

export const ENCODING = {
  codec: {
    flag: '--codec <name>',
    type: 'text',
    default: undefined,
    group: 'Encoding',
    for: WRITING,
    help: 'video encoder of ffmpeg',
    without: 'the best for the container (H.264 for mp4)',
    openTo: 'folders',
  },
  crf: {
    flag: '--crf <n>',
    type: 'integer',
    min: 0,
    max: 63,
    default: 18,
    group: 'Encoding',
    for: WRITING,
    help: 'quality, lower is better',
    openTo: 'folders',
  },
  encoderPreset: {
    flag: '--encoder-preset <name>',
    type: 'text',
    default: undefined,
    group: 'Encoding',
    for: WRITING,
    help: 'x264 speed preset, e.g. slow',
    without: "the encoder's own",
    advanced: true,
    openTo: 'folders',
  },
  ffmpegArgs: {
    flag: '--ffmpeg-args <text>',
    type: 'text',
    default: undefined,
    group: 'Encoding',
    for: WRITING,
    help: 'further output arguments for ffmpeg',
    without: 'none',
    advanced: true,
  },
  audio: { flag: '--no-audio', type: 'flag', default: true, group: 'Encoding', for: MAIN, help: 'leave the sound out', openTo: 'folders' },
  metadata: {
    flag: '--no-metadata',
    type: 'flag',
    default: true,
    group: 'Encoding',
    for: ['rerender', 'windows', 'pictures', 'clips'],
    help: 'write no prompt, seed and options into the result',
    advanced: true,
    openTo: 'folders',
  },
} as const satisfies Record<string, OptionSpec>;
