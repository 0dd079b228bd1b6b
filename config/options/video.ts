// How video models (ModelScope text-to-video) are used.
import type { OptionSpec } from '../option.ts';

export const VIDEO = {
  window: {
    flag: '--window <frames>',
    type: 'integer',
    min: 1,
    max: 1000,
    unit: 'frames',
    default: 16,
    group: 'Video models',
    for: ['windows'],
    help: 'frames that a video model draws together',
    advanced: true,
    openTo: 'models',
  },
  windowOverlap: {
    flag: '--window-overlap <frames>',
    type: 'integer',
    min: 0,
    max: 999,
    unit: 'frames',
    default: 4,
    group: 'Video models',
    for: ['windows'],
    help: 'frames that a window shares with the one before: half context, half transition',
    advanced: true,
    openTo: 'models',
  },
  fps: {
    flag: '--fps <n>',
    type: 'number',
    min: 0.1,
    max: 240,
    unit: 'frames a second',
    default: 8,
    group: 'Video models',
    for: ['clips'],
    help: 'speed of a generated clip; a re-rendered one keeps its times',
    advanced: true,
    openTo: 'models',
  },
} as const satisfies Record<string, OptionSpec>;
