// Tells a network's config from the dims of its weights, where a file comes without one. What dims cannot tell is a rule of the family.
import type { Named } from '../weights/ldm/rename.ts';

/** The values of a config.json. */
export type ConfigValues = Readonly<Record<string, unknown>>;

/** Dims by name; empty for a tensor that is not there, so that a count of 0 is refused by the key where the config is read. */
export const sizes =
  (tensors: Named) =>
  (name: string): readonly number[] =>
    tensors.get(name)?.dims ?? [];

/** Parts of a name up to and with each of its numbers: `down_blocks.0`, `down_blocks.0.resnets.1`. */
const numberedParts = function* (name: string): Generator<string> {
  const parts = name.split('.', DEEPEST_NAME);
  for (let i = 1; i < parts.length; i++) if (/^\d+$/.test(parts[i]!)) yield parts.slice(0, i + 1).join('.');
};

const DEEPEST_NAME = 12; // parts of a name that may be numbers: networks have up to 10

/** How many numbers 0, 1, 2 ... follow `path` in the names: `count('down_blocks')`. */
export const counter = (tensors: Named) => {
  const there = new Set<string>();
  for (const name of tensors.keys()) for (const part of numberedParts(name)) there.add(part);
  return (path: string): number => {
    let count = 0;
    while (there.has(`${path}.${count}`)) count++;
    return count;
  };
};

export const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

/** One value where all are equal, else the list. */
const one = (list: readonly number[]): number | readonly number[] => (new Set(list).size === 1 ? list[0]! : list);

export const FAMILY_GROUPS = 32; // of every norm in the first code
const FAMILY_HEADS = 8; // of every attention of Stable Diffusion 1
const FAMILY_HEAD_SIZE = 64; // of those of Stable Diffusion 2, whose projections are linear, and of CLIP's text encoders
const SDXL_TIME_WIDTH = 256;
const SDXL_WIDTH = 2048; // of both text encoders together

/** Keys that U-Net and ControlNet share. */
const downValues = (tensors: Named): ConfigValues => {
  const [dims, count] = [sizes(tensors), counter(tensors)];
  const levels = numbers(count('down_blocks')).map(i => `down_blocks.${i}`);
  const channels = levels.map(level => dims(`${level}.resnets.0.conv1.weight`)[0] ?? 0);
  const attention = levels.map(level => count(`${level}.attentions`) > 0);
  const attended = [...levels, 'mid_block'].findLast(path => count(`${path}.attentions`) > 0) ?? 'mid_block';
  const linear = dims(`${attended}.attentions.0.proj_in.weight`).length === 2;
  const middle = count('mid_block.attentions') > 0;
  const lowest = middle ? 'mid_block' : (levels.at(-1) ?? '');
  const blocks = (path: string): number => count(`${path}.attentions.0.transformer_blocks`);
  const depth = [...levels.slice(0, -1), lowest].map(path => (count(`${path}.attentions`) > 0 ? blocks(path) : middle ? 1 : 0));
  return {
    in_channels: dims('conv_in.weight')[1] ?? 0,
    block_out_channels: channels,
    layers_per_block: one(levels.map(level => count(`${level}.resnets`))),
    down_block_types: attention.map(attends => (attends ? 'CrossAttnDownBlock2D' : 'DownBlock2D')),
    transformer_layers_per_block: one(depth),
    cross_attention_dim: contextWidth(tensors),
    ...(middle ? {} : { mid_block_type: 'UNetMidBlock2D' }),
    attention_head_dim: linear ? channels.map(width => Math.max(1, Math.round(width / FAMILY_HEAD_SIZE))) : FAMILY_HEADS,
    use_linear_projection: linear,
    norm_num_groups: FAMILY_GROUPS,
    ...addedValues(tensors),
  };
};

/** What attention over the text takes, as any layer of it says. */
const contextWidth = (tensors: Named): number => {
  for (const [name, { dims }] of tensors) if (name.endsWith('.attn2.to_k.weight')) return dims[1] ?? 0;
  return sizes(tensors)('add_embedding.linear_1.weight')[1] === undefined ? 0 : SDXL_WIDTH; // a small ControlNet attends to no text
};

/** A second embedding beside the time's: SDXL's (pooled text and sizes), or a class's. */
const addedValues = (tensors: Named): ConfigValues => {
  const width = sizes(tensors)('add_embedding.linear_1.weight')[1];
  if (width === undefined) return {};
  if (width <= 6 * SDXL_TIME_WIDTH) return { class_embed_type: 'projection' };
  return { addition_embed_type: 'text_time', addition_time_embed_dim: SDXL_TIME_WIDTH, projection_class_embeddings_input_dim: width };
};

/** `unet/config.json` of a U-Net under diffusers' names. */
export const unetValues = (tensors: Named): ConfigValues => {
  const [dims, count] = [sizes(tensors), counter(tensors)];
  const ups = numbers(count('up_blocks')).map(i => count(`up_blocks.${i}.attentions`) > 0);
  const guidance = dims('time_embedding.cond_proj.weight')[1];
  return {
    _class_name: 'UNet2DConditionModel',
    ...downValues(tensors),
    up_block_types: ups.map(attends => (attends ? 'CrossAttnUpBlock2D' : 'UpBlock2D')),
    out_channels: dims('conv_out.weight')[0] ?? 0,
    time_embedding_dim: dims('time_embedding.linear_1.weight')[0] ?? 0,
    ...(guidance === undefined ? {} : { time_cond_proj_dim: guidance }),
  };
};

/** `controlnet/config.json`. */
export const controlNetValues = (tensors: Named): ConfigValues => {
  const [dims, count] = [sizes(tensors), counter(tensors)];
  const hint = 'controlnet_cond_embedding';
  const wider = numbers(count(`${hint}.blocks`) / 2).map(i => dims(`${hint}.blocks.${2 * i + 1}.weight`)[0] ?? 0);
  return {
    _class_name: 'ControlNetModel',
    ...downValues(tensors),
    conditioning_channels: dims(`${hint}.conv_in.weight`)[1] ?? 0,
    conditioning_embedding_out_channels: [dims(`${hint}.conv_in.weight`)[0] ?? 0, ...wider],
  };
};

const LARGEST_QUICK = 768; // CLIP ViT-L and smaller were trained with the quick GELU, OpenCLIP's larger ones with the exact one

/** `text_encoder/config.json` of a CLIP text encoder, under names with or without `text_model.`. */
export const textValues = (tensors: Named): ConfigValues => {
  const flat: Named = new Map([...tensors].map(([name, info]) => [name.replace(/^text_model\./, ''), info]));
  const [dims, count] = [sizes(flat), counter(flat)];
  const [vocabulary = 0, width = 0] = dims('embeddings.token_embedding.weight');
  return {
    model_type: 'clip_text_model',
    vocab_size: vocabulary,
    hidden_size: width,
    max_position_embeddings: dims('embeddings.position_embedding.weight')[0] ?? 0,
    intermediate_size: dims('encoder.layers.0.mlp.fc1.weight')[0] ?? 0,
    num_hidden_layers: count('encoder.layers'),
    num_attention_heads: Math.max(1, Math.round(width / FAMILY_HEAD_SIZE)),
    hidden_act: width > LARGEST_QUICK ? 'gelu' : 'quick_gelu',
  };
};

/** `text_encoder_2/config.json` of SDXL's second encoder, OpenCLIP's: the exact GELU, and a pooled state at the highest id. */
export const secondTextValues = (tensors: Named): ConfigValues => ({
  ...textValues(tensors),
  hidden_act: 'gelu',
  eos_token_id: 2,
  projection_dim: sizes(tensors)('text_projection')[1] ?? sizes(tensors)('text_projection.weight')[0] ?? 0,
});
