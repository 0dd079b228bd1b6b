// Named styles: a prompt and the options that suit it.
import { UsageError } from './errors.ts';
import type { PartialOptions } from './options.ts';
import { didYouMean } from './suggest.ts';

export type Preset = PartialOptions & {
  /** Absent where the name stands for settings alone: the user then gives one. */
  readonly style?: string;
};

/** The defaults of Rerender A Video's WebUI, where the two programs have the same option; HED, its edge detector, needs `--control`. */
const RERENDER: Preset = {
  interval: 10,
  steps: 20,
  cfgScale: 7.5,
  strength: 0.75,
  sampler: 'ddim',
  size: 512,
  sizeMultiple: 64,
  controlScale: 1,
  cannyLow: 100,
  cannyHigh: 200,
  freeu: 'off',
  freeuOrder: 'before-control',
  crossPeriod: [0, 1],
  looseCfattn: true,
  styleUpdateFreq: 1,
  warpPeriod: [0, 0.1],
  maskPeriod: [0.5, 0.8],
  maskStrength: 0.5,
  innerStrength: 0.9,
  maskNoise: 'fresh',
  startNoise: 'shared',
  smoothBoundary: true,
  adaPeriod: [0.8, 1],
  colorPreserve: true,
};

/** What each name asks for; options that suit one model stand in that model's `rerender.json`. */
export const PRESETS: Readonly<Record<string, Preset>> = {
  watercolor: { style: 'a watercolor painting, soft washes, paper texture' },
  oil: { style: 'a classical oil painting, rich oil paint, impasto' },
  comic: { style: 'comic book style, pencil and bold ink' },
  anime: { style: 'anime, japanese animation, cel shading' },
  cartoon: { style: 'a cartoon, flat colors, thick outlines' },
  vangogh: { style: 'a painting by Vincent van Gogh, starry night, swirling brush strokes' },
  impressionist: { style: 'an impressionist painting, monet, dabs of color' },
  pencil: { style: 'a pencil drawing on paper, graphite sketch, hatching' },
  lineart: { style: 'ink line art, clean lines, white background' },
  mosaic: { style: 'a roman mosaic, small square tiles' },
  neon: { style: 'cyberpunk, glowing neon outlines, purple and cyan' },
  charcoal: { style: 'a charcoal drawing, charcoal on paper, smudged' },
  'pixel-art': { style: '8-bit pixel art, retro game, pixelated' },
  ukiyoe: { style: 'ukiyo-e, a japanese woodblock print, hokusai' },
  pastel: { style: 'a soft pastel drawing, chalk' },
  winter: { style: 'covered in snow, snowy winter day' },
  autumn: { style: 'golden autumn, fall colors, autumn leaves' },
  night: { style: 'a night scene, moonlight' },
  noir: { style: 'film noir, high contrast black and white film' },
  sepia: { style: 'an old photo, sepia, vintage' },
  rerender: RERENDER,
  blueprint: { style: 'a blueprint, technical drawing, white lines on blue' },
};

/** The preset of a name, which was given as `asked`. @throws UsageError with the nearest known name */
export const findPreset = (name: string, asked = '--preset'): Preset => {
  const preset = Object.hasOwn(PRESETS, name) ? PRESETS[name] : undefined;
  if (!preset)
    throw new UsageError(
      `${asked} ${name} is not known.${didYouMean(name, Object.keys(PRESETS))} Known: ${Object.keys(PRESETS).join(', ')}.`,
    );
  return preset;
};
