// How the frames between key frames are made.
import type { OptionSpec } from '../option.ts';

export const MOTION = {
  propagate: {
    flag: '--propagate <tier>',
    type: 'choice',
    choices: ['warp'],
    default: 'warp',
    group: 'Motion',
    help: 'how frames between key frames are made',
    advanced: true,
  },
} as const satisfies Record<string, OptionSpec>;
