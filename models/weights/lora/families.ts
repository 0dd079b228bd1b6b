// LoRAs of models that are not read here, told by the names of their modules, so that the user hears which model they belong to.

const FAMILIES: readonly (readonly [family: string, signs: readonly RegExp[]])[] = [
  [
    'Stable Diffusion 3',
    [
      /^lora_te3_/,
      /^lora_unet_joint_blocks_/,
      /^(transformer|diffusion_model)\.joint_blocks\./,
      /^transformer\.transformer_blocks\.\d+\.ff_context\./,
    ],
  ],
  [
    'Flux',
    [
      /^lora_(unet|transformer)_(double|single)_(transformer_)?blocks_/,
      /^(transformer|diffusion_model)\.(single_transformer_blocks|(double|single)_blocks)\./,
    ],
  ],
  ['Wan video', [/^(diffusion_model|transformer)\.blocks\.\d+\.(self_attn|cross_attn|attn[12])\./, /^lora_unet_blocks_\d+_/]],
  ['Stable Cascade', [/^lora_prior_/, /^unet\..*\.kv_mapper\./]],
];

/**
 * The family of a LoRA that is none of Stable Diffusion 1, 2, XL and ModelScope, and the module that shows it; undefined for all others.
 */
export const loraFamily = (modules: Iterable<string>): { readonly family: string; readonly module: string } | undefined => {
  const names = [...modules];
  for (const [family, signs] of FAMILIES) {
    const module = names.find(name => signs.some(sign => sign.test(name)));
    if (module !== undefined) return { family, module };
  }
  return undefined;
};

/** Widths of the text states that attention reads, and whose they are. */
const TEXT_WIDTHS: ReadonlyMap<number, string> = new Map([
  [768, 'Stable Diffusion 1'],
  [1024, 'Stable Diffusion 2'],
  [2048, 'SDXL'],
]);

/** The family whose cross-attention reads text states of this width; undefined for every other width. */
export const familyOfWidth = (width: number | undefined): string | undefined => (width === undefined ? undefined : TEXT_WIDTHS.get(width));
