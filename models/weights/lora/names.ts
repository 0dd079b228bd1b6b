// How the formats spell a module: from the model's own list of modules, as underscores cannot be turned back into dots.
import type { LdmPlace } from './ldm-names.ts';

/** Networks that a LoRA changes, by the folders' names. */
export type Component = 'unet' | 'text_encoder' | 'text_encoder_2';

const KOHYA: Readonly<Record<Component, readonly string[]>> = {
  unet: ['lora_unet_'],
  text_encoder: ['lora_te_', 'lora_te1_'],
  text_encoder_2: ['lora_te2_'],
};

const TEXT_LEAVES = { q_proj: 'to_q_lora', k_proj: 'to_k_lora', v_proj: 'to_v_lora', out_proj: 'to_out_lora' };

/** Leaves of attention in the oldest files: `attn1.processor.to_q_lora`, `self_attn.to_q_lora`. */
const PROCESSOR_LEAVES: Readonly<Record<Component, Readonly<Record<string, string>>>> = {
  unet: { to_q: 'processor.to_q_lora', to_k: 'processor.to_k_lora', to_v: 'processor.to_v_lora', 'to_out.0': 'processor.to_out_lora' },
  text_encoder: TEXT_LEAVES,
  text_encoder_2: TEXT_LEAVES,
};

const underscored = (name: string): string => name.replaceAll('.', '_');

const processorNames = (component: Component, module: string): string[] =>
  Object.entries(PROCESSOR_LEAVES[component]).flatMap(([leaf, spelled]) =>
    module.endsWith(`.${leaf}`) ? [module.slice(0, -leaf.length) + spelled] : [],
  );

/** ComfyUI's general names: a U-Net's in LDM's spelling, a text encoder's behind the name of its kind. */
const GENERAL: Readonly<Record<Component, readonly string[]>> = {
  unet: ['diffusion_model.'],
  text_encoder: ['clip_l', 'clip_h'].map(kind => `text_encoders.${kind}.transformer.`),
  text_encoder_2: ['text_encoders.clip_g.transformer.'],
};

/** What may stand in front of a module's name; the oldest files have nothing there, and hold a U-Net alone. */
const PREFIXES: Readonly<Record<Component, readonly string[]>> = {
  unet: ['unet.', '', ...GENERAL.unet],
  text_encoder: ['text_encoder.', ...GENERAL.text_encoder],
  text_encoder_2: ['text_encoder_2.', ...GENERAL.text_encoder_2],
};

/** Files of either kind are used with text encoders of either kind: newer ones leave out `text_model.`. */
const variants = (component: Component, module: string): string[] => {
  if (component === 'unet') return [module];
  const bare = module.replace(/^text_model\./, '');
  return [`text_model.${bare}`, bare];
};

/**
 * Every spelling of a module that files may use: kohya's with underscores (also of LDM names), PEFT's, diffusers' and ComfyUI's with dots.
 * @param module its name in the diffusers network, e.g. `down_blocks.0.attentions.0.proj_in`
 */
export const spellings = (component: Component, module: string, ldm: LdmPlace): string[] => {
  const modules = variants(component, module);
  const ldmName = component === 'unet' ? ldm(module) : undefined;
  const flat = [...modules, ...(ldmName === undefined ? [] : [ldmName])].map(underscored);
  const kohya = KOHYA[component].flatMap(head => flat.map(name => head + name));
  const dotted = modules.flatMap(name => [name, `${name}.lora`, `${name}.lora_linear_layer`, ...processorNames(component, name)]);
  const general = ldmName === undefined ? [] : GENERAL[component].map(prefix => prefix + ldmName);
  return [...kohya, ...general, ...PREFIXES[component].flatMap(prefix => dotted.map(name => prefix + name))];
};
