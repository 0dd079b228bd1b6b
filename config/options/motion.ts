// How the frames between key frames are made.
import type { OptionSpec } from '../option.ts';

export const MOTION = {
  propagate: {
    flag: '--propagate <tier>',
    type: 'choice',
    choices: ['patch', 'warp', 'faithful'],
    default: 'patch',
    group: 'Motion',
    for: ['rerender'],
    help: "how frames between key frames are made: motion and patches, motion alone (faster, rougher), or EbSynth's way (slow)",
    advanced: true,
    openTo: 'models',
  },
  motion: {
    flag: '--motion <detail>',
    type: 'choice',
    choices: ['coarse', 'fine'],
    default: 'fine',
    group: 'Motion',
    for: ['rerender'],
    help: 'how finely motion between key frames is known, from 256 to 600 pixels: coarse takes half the time; fine is sharper and steadier',
    advanced: true,
    openTo: 'models',
  },
  steady: {
    flag: '--steady <share>',
    type: 'number',
    min: 0,
    max: 1,
    default: 0.5,
    group: 'Motion',
    for: ['rerender'],
    help: 'how much a frame between key frames takes in of its neighbours along the motion: steadier, a little softer; 0 is nothing',
    advanced: true,
    openTo: 'models',
  },
  poisson: {
    flag: '--poisson',
    type: 'flag',
    default: false,
    group: 'Motion',
    for: ['rerender'],
    help: "frames between key frames take each place's detail from one of the two: sharper, but it flickers more",
    advanced: true,
    openTo: 'models',
  },
} as const satisfies Record<string, OptionSpec>;
