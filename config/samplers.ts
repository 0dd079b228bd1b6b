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

/** `auto` is the one that the model's own scheduler_config.json names. */
export type SamplerName = (typeof SAMPLERS)[number];
