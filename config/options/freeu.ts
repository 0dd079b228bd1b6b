// FreeU's factors, and where they apply.
import type { OptionSpec } from '../option.ts';

export const FREEU = {
  freeu: { flag: '--freeu <b1,b2,s1,s2|off|auto>', type: 'freeu', default: 'auto', group: 'FreeU', help: 'backbone and skip factors' },
  freeuVersion: {
    flag: '--freeu-version <v>',
    type: 'choice',
    choices: ['1', '2'],
    default: '2',
    group: 'FreeU',
    help: '1 scales by a constant, 2 by the feature map',
    advanced: true,
  },
  freeuStages: {
    flag: '--freeu-stages <rule>',
    type: 'choice',
    choices: ['channels', 'blocks'],
    default: 'channels',
    group: 'FreeU',
    help: 'stages by channel count (authors, Rerender) or by up block (diffusers)',
    advanced: true,
  },
  freeuOrder: {
    flag: '--freeu-order <order>',
    type: 'choice',
    choices: ['before-control', 'after-control'],
    default: 'before-control',
    group: 'FreeU',
    help: 'filter the skips before (Rerender) or after (diffusers) the ControlNet is added',
    advanced: true,
  },
  freeuStart: {
    flag: '--freeu-start <x>',
    type: 'number',
    min: 0,
    max: 1,
    default: 0,
    group: 'FreeU',
    help: 'begin at this fraction of the steps',
    advanced: true,
  },
  freeuEnd: {
    flag: '--freeu-end <x>',
    type: 'number',
    min: 0,
    max: 1,
    default: 1,
    group: 'FreeU',
    help: 'end at this fraction of the steps',
    advanced: true,
  },
} as const satisfies Record<string, OptionSpec>;
