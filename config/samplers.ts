// The samplers' names, as --sampler takes them.

/** Every sampler's name; docs/samplers.md has their papers. */
export const SAMPLERS = [
  'auto',
  'ddim',
  'euler',
  'euler-karras',
  'euler-a',
  'dpm++2m',
  'dpm++2m-karras',
  'dpm++2m-sde',
  'dpm++2m-sde-karras',
  'unipc',
  'unipc-karras',
  'pndm',
  'lcm',
] as const;

/** How the visited timesteps are spread over the training's; names of Lin et al. 2024, table 2. */
export const SPACINGS = ['leading', 'trailing', 'linspace'] as const;

/**
 * Which steps run where drawing begins at a picture: those of the whole schedule that lie below the strength, rounded down, or as many,
 * rounded up, spread evenly below it.
 */
export const STRENGTH_STEPS = ['whole', 'spread'] as const;

export type StrengthSteps = (typeof STRENGTH_STEPS)[number];

/** `auto` is the one that the model's own scheduler_config.json names. */
export type SamplerName = (typeof SAMPLERS)[number];
