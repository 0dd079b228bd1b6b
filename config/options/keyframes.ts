// Which frames are drawn.
import type { OptionSpec } from '../option.ts';

export const KEY_FRAMES = {
  interval: {
    flag: '--interval <k>',
    type: 'integer',
    min: 1,
    max: 1000,
    unit: 'frames',
    default: 10,
    group: 'Key frames',
    help: 'distance between key frames',
  },
  previews: {
    flag: '--previews <folder>',
    type: 'text',
    default: undefined,
    group: 'Key frames',
    help: 'also write each key frame as a PNG here, as soon as it is drawn',
  },
} as const satisfies Record<string, OptionSpec>;
