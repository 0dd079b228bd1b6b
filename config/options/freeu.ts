// FreeU's factors, and where they apply.
import { FREEU_BOUNDS } from '../freeu.ts';
import { DRAWING, GUIDED } from '../jobs.ts';
import type { OptionSpec } from '../option.ts';

const [min, max] = FREEU_BOUNDS;

/** One factor alone, in place of that in what else holds. */
const factor = <F extends string>(flag: F, help: string) =>
  ({
    flag,
    type: 'number',
    min,
    max,
    default: undefined,
    group: 'FreeU',
    for: DRAWING,
    help,
    without: 'that of --freeu',
    advanced: true,
    openTo: 'models',
  }) as const;

export const FREEU = {
  freeu: {
    flag: '--freeu <b1,b2,s1,s2|off|auto>',
    type: 'freeu',
    default: 'auto',
    group: 'FreeU',
    for: DRAWING,
    help: 'backbone and skip factors; auto takes those that the model recommends',
    openTo: 'models',
  },
  freeuB1: factor('--freeu-b1 <b>', 'backbone factor of stage 1 alone'),
  freeuB2: factor('--freeu-b2 <b>', 'backbone factor of stage 2 alone'),
  freeuS1: factor('--freeu-s1 <s>', 'skip factor of stage 1 alone'),
  freeuS2: factor('--freeu-s2 <s>', 'skip factor of stage 2 alone'),
  freeuVersion: {
    flag: '--freeu-version <v>',
    type: 'choice',
    choices: ['1', '2'],
    default: '2',
    group: 'FreeU',
    for: DRAWING,
    help: '1 scales by a constant, 2 by the feature map',
    advanced: true,
    openTo: 'models',
  },
  freeuStages: {
    flag: '--freeu-stages <rule>',
    type: 'choice',
    choices: ['channels', 'blocks'],
    default: 'channels',
    group: 'FreeU',
    for: DRAWING,
    help: 'stages by channel count (authors, Rerender) or by up block (diffusers)',
    advanced: true,
    openTo: 'models',
  },
  freeuOrder: {
    flag: '--freeu-order <order>',
    type: 'choice',
    choices: ['before-control', 'after-control'],
    default: 'before-control',
    group: 'FreeU',
    for: GUIDED,
    help: 'filter the skips before (Rerender) or after (diffusers) the ControlNet is added',
    advanced: true,
    openTo: 'models',
  },
  freeuStart: {
    flag: '--freeu-start <x>',
    type: 'number',
    min: 0,
    max: 1,
    default: 0,
    group: 'FreeU',
    for: DRAWING,
    help: 'begin at this fraction of the steps',
    advanced: true,
    openTo: 'models',
  },
  freeuEnd: {
    flag: '--freeu-end <x>',
    type: 'number',
    min: 0,
    max: 1,
    default: 1,
    group: 'FreeU',
    for: DRAWING,
    help: 'end at this fraction of the steps',
    advanced: true,
    openTo: 'models',
  },
} as const satisfies Record<string, OptionSpec>;
