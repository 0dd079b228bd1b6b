// What single pictures have that clips do not: `rerender generate` with a model of pictures.
import type { OptionSpec } from '../option.ts';

export const PICTURES = {
  init: {
    flag: '--init <image>',
    type: 'text',
    default: undefined,
    group: 'Pictures',
    help: 'begin at this picture, --strength away from it; without --width and --height its shape is kept, with them it is cut around its middle',
    advanced: true,
  },
  controlImage: {
    flag: '--control-image <image>',
    type: 'text',
    default: undefined,
    group: 'Pictures',
    help: 'what the ControlNets are fed with; without it the picture of --init',
    advanced: true,
  },
  seeds: {
    flag: '--seeds <a,b,...>',
    type: 'text',
    default: undefined,
    group: 'Pictures',
    help: 'a picture for each of these seeds, and a contact sheet',
    advanced: true,
  },
  count: {
    flag: '--count <n>',
    type: 'integer',
    min: 1,
    max: 1000,
    default: 1,
    group: 'Pictures',
    help: 'so many pictures, of the seeds from --seed on',
    advanced: true,
  },
  freeuSweep: {
    flag: '--freeu-sweep [axes...]',
    type: 'texts',
    default: [],
    group: 'Pictures',
    help: "a contact sheet over FreeU's factors, e.g. b=1,1.2,1.4 s=0.2,0.6,1; axes are b (or b1, b2) and s (or s1, s2)",
    advanced: true,
  },
  freeuSpectrum: {
    flag: '--freeu-spectrum <file>',
    type: 'text',
    default: undefined,
    group: 'Pictures',
    help: "Fourier analysis of the U-Net's features with and without FreeU, drawn as .svg or in numbers as .json",
    advanced: true,
  },
} as const satisfies Record<string, OptionSpec>;
