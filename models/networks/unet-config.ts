// The config.json of UNet2DConditionModel and ControlNetModel, read once into plain numbers; the two share most keys.

import { type Fields, fieldsOf, type RawConfig } from './config.ts';
import { BOUNDS } from './limits.ts';

/** One resolution of the down path; the up path mirrors them. */
export type Level = {
  readonly channels: number;
  /** Residual blocks on the way down; the way up has one more. */
  readonly layers: number;
  /** Transformer blocks in each transformer; without any, its norm and projections remain. */
  readonly transformerLayers: number;
  /** Number of heads. */
  readonly heads: number;
  /** Width of the text states. */
  readonly contextWidth: number;
  /** Whether transformers follow the residual blocks on the way down. */
  readonly attention: boolean;
};

/** What the way down and the middle need: all of a ControlNet, half of a U-Net. */
export type DownConfig = {
  readonly inChannels: number;
  readonly levels: readonly Level[];
  readonly groups: number;
  readonly epsilon: number;
  readonly linearProjection: boolean;
  readonly flipSinToCos: boolean;
  readonly freqShift: number;
  /** SDXL's second embedding: pooled text and sizes. */
  readonly added?: AddedEmbedding;
  /** Whether a transformer and a second residual block stand in the middle. */
  readonly middleAttention: boolean;
};

/** SDXL's second embedding: pooled text states and the sinusoids of some numbers, side by side. */
export type AddedEmbedding = {
  /** Of each number's sinusoids. */
  readonly timeWidth: number;
  /** Of all of it: that of the pooled states + ids x timeWidth. */
  readonly width: number;
  /** Numbers: sizes and crop are 6; the refiner has a score in place of the target size, 5. No config says which: the text encoder does. */
  readonly ids: number;
};

export type UNetConfig = DownConfig & {
  readonly outChannels: number;
  /** Whether transformers follow the residual blocks of each up block, in the order of the way up. */
  readonly upAttention: readonly boolean[];
  /** Transformer blocks in each transformer of each up block, where they are not those of its level (pruned networks). */
  readonly upTransformerLayers?: readonly (readonly number[])[];
  /** Width of the embedding that all residual blocks read. */
  readonly timeWidth: number;
  /** Width of the guidance embedding of distilled (LCM) networks. */
  readonly timeConditionWidth?: number;
};

const DOWN_TYPES = ['CrossAttnDownBlock2D', 'DownBlock2D'] as const;
const UP_TYPES = ['CrossAttnUpBlock2D', 'UpBlock2D'] as const;
const MIDDLE_TYPES = ['UNetMidBlock2DCrossAttn', 'UNetMidBlock2D'] as const;
const SD_DOWN = ['CrossAttnDownBlock2D', 'CrossAttnDownBlock2D', 'CrossAttnDownBlock2D', 'DownBlock2D'] as const;
const SD_UP = ['UpBlock2D', 'CrossAttnUpBlock2D', 'CrossAttnUpBlock2D', 'CrossAttnUpBlock2D'] as const;

/** Keys that both classes have and of which these graphs know one value. */
const refuseStrangers = (fields: Fields): void => {
  fields.choice('act_fn', ['silu', 'swish'], 'silu');
  fields.choice('resnet_time_scale_shift', ['default'], 'default');
  fields.choice('only_cross_attention', [false], false);
  fields.choice('downsample_padding', [1], 1);
  fields.choice('mid_block_scale_factor', [1], 1);
  for (const key of ['class_embed_type', 'num_class_embeds', 'encoder_hid_dim', 'encoder_hid_dim_type', 'num_attention_heads']) {
    fields.choice(key, [null], null);
  }
};

/** Keys of the U-Net's class alone. */
const refuseUNetStrangers = (fields: Fields): void => {
  fields.choice('center_input_sample', [false], false);
  fields.choice('dual_cross_attention', [false], false);
  fields.choice('time_embedding_type', ['positional'], 'positional');
  fields.choice('resnet_skip_time_act', [false, null], false);
  fields.choice('resnet_out_scale_factor', [1, null], 1);
  fields.choice('class_embeddings_concat', [false, null], false);
  fields.choice('attention_type', ['default', null], 'default');
  fields.choice('mid_block_only_cross_attention', [null, false], null);
  fields.choice('conv_in_kernel', [3], 3);
  fields.choice('conv_out_kernel', [3], 3);
  for (const key of ['time_embedding_act_fn', 'timestep_post_act', 'cross_attention_norm']) {
    fields.choice(key, [null], null);
  }
};

const downConfig = (fields: Fields): DownConfig => {
  refuseStrangers(fields);
  const types = fields.choices('down_block_types', DOWN_TYPES, SD_DOWN);
  const blocks = types.length;
  const channels = fields.counts('block_out_channels', BOUNDS.channels, [320, 640, 1280, 1280]);
  if (channels.length !== blocks)
    throw fields.error('block_out_channels', `has ${channels.length} entries, but there are ${blocks} blocks`);
  const layers = fields.perBlock('layers_per_block', BOUNDS.layers, blocks, 2);
  const transformerLayers = fields.perBlock('transformer_layers_per_block', BOUNDS.layersOrNone, blocks, 1);
  const heads = fields.perBlock('attention_head_dim', BOUNDS.heads, blocks, 8); // named for the size of a head, but it is their number
  const contextWidths = fields.perBlock('cross_attention_dim', BOUNDS.channels, blocks, 1280);
  const groups = fields.count('norm_num_groups', BOUNDS.channels, 32);
  const levels = channels.map((width, i) => ({
    channels: width,
    layers: layers[i] as number,
    transformerLayers: transformerLayers[i] as number,
    heads: heads[i] as number,
    contextWidth: contextWidths[i] as number,
    attention: types[i] === 'CrossAttnDownBlock2D',
  }));
  for (const level of levels) {
    if (level.channels % groups !== 0) throw fields.error('norm_num_groups', `${groups} does not divide ${level.channels} channels`);
    const attends = level.attention || level === levels.at(-1); // the middle block attends with the last level's heads
    if (attends && level.channels % level.heads !== 0) {
      throw fields.error('attention_head_dim', `${level.heads} (the number of heads) does not divide ${level.channels} channels`);
    }
  }
  return {
    inChannels: fields.count('in_channels', BOUNDS.channels, 4),
    levels,
    groups,
    epsilon: fields.number('norm_eps', 1e-5),
    linearProjection: fields.flag('use_linear_projection', false),
    flipSinToCos: fields.flag('flip_sin_to_cos', true),
    freqShift: fields.number('freq_shift', 0),
    middleAttention: fields.choice('mid_block_type', MIDDLE_TYPES, MIDDLE_TYPES[0]) === MIDDLE_TYPES[0],
    ...addedEmbedding(fields),
  };
};

const addedEmbedding = (fields: Fields): Pick<DownConfig, 'added'> => {
  if (fields.choice('addition_embed_type', [null, 'text_time'], null) === null) return {};
  const timeWidth = fields.count('addition_time_embed_dim', BOUNDS.channels);
  const width = fields.count('projection_class_embeddings_input_dim', BOUNDS.channels);
  const ids = TIME_IDS.find(count => width > count * timeWidth);
  if (ids !== undefined) return { added: { timeWidth, width, ids } };
  throw fields.error('projection_class_embeddings_input_dim', `is ${width}, too few for 5 numbers of ${timeWidth} and pooled text`);
};

const TIME_IDS = [6, 5]; // original size, crop corner, and the target size or a refiner's score

/** The same network with as many time ids as find room beside pooled text states of a width. */
export const withPooledWidth = <C extends DownConfig>(config: C, pooled: number): C => {
  if (!config.added) return config;
  const ids = (config.added.width - pooled) / config.added.timeWidth;
  return Number.isInteger(ids) && ids > 0 ? { ...config, added: { ...config.added, ids } } : config;
};

/** Transformer blocks of the way up, in its own order: a number, or one for each transformer, for each block. */
const upTransformers = (fields: Fields, levels: readonly Level[]): Pick<UNetConfig, 'upTransformerLayers'> => {
  const counts = fields.nested('reverse_transformer_layers_per_block', BOUNDS.layersOrNone);
  if (!counts) return {};
  const up = [...levels].reverse();
  const fits = counts.length === up.length && counts.every((list, i) => typeof list === 'number' || list.length === up[i]!.layers + 1);
  if (!fits) throw fields.error('reverse_transformer_layers_per_block', 'expects a number for each up block, or for each of its layers');
  return {
    upTransformerLayers: counts.map((list, i) => (typeof list === 'number' ? Array<number>(up[i]!.layers + 1).fill(list) : list)),
  };
};

/** Reads a `unet/config.json`. Throws a ModelConfigError that names the key where the network is not one of these. */
export const unetConfig = (raw: RawConfig): UNetConfig => {
  const fields = fieldsOf(raw);
  fields.choice('_class_name', ['UNet2DConditionModel'], 'UNet2DConditionModel');
  refuseUNetStrangers(fields);
  const down = downConfig(fields);
  const upTypes = fields.choices('up_block_types', UP_TYPES, SD_UP);
  if (upTypes.length !== down.levels.length) {
    throw fields.error('up_block_types', `has ${upTypes.length} blocks, but down_block_types has ${down.levels.length}`);
  }
  const outChannels = fields.count('out_channels', BOUNDS.channels, 4);
  if (down.inChannels !== outChannels) {
    const why = 'networks for inpainting or editing take more than the latent; give the model that it was made from';
    throw fields.error('in_channels', `is ${down.inChannels}, but out_channels is ${outChannels}: ${why}`);
  }
  const timeConditionWidth = fields.optionalCount('time_cond_proj_dim', BOUNDS.channels);
  const timeWidth = fields.optionalCount('time_embedding_dim', BOUNDS.channels) ?? 4 * (down.levels[0] as Level).channels;
  const upAttention = upTypes.map(type => type === 'CrossAttnUpBlock2D');
  const up = upTransformers(fields, down.levels);
  return { ...down, outChannels, upAttention, ...up, timeWidth, ...(timeConditionWidth ? { timeConditionWidth } : {}) };
};

export type ControlNetConfig = DownConfig & {
  readonly timeWidth: number;
  /** Channels of the picture that guides. */
  readonly imageChannels: number;
  /** Channels of the layers that bring the picture to the latent's size; each but the first halves it. */
  readonly imageWidths: readonly number[];
  /** The weights expect blue first. */
  readonly blueFirst: boolean;
};

/** Reads a `controlnet/config.json`. */
export const controlNetConfig = (raw: RawConfig): ControlNetConfig => {
  const fields = fieldsOf(raw);
  fields.choice('_class_name', ['ControlNetModel'], 'ControlNetModel');
  fields.choice('global_pool_conditions', [false], false);
  const down = downConfig(fields);
  const order = fields.choice('controlnet_conditioning_channel_order', ['rgb', 'bgr'], 'rgb');
  return {
    ...down,
    timeWidth: 4 * (down.levels[0] as Level).channels,
    imageChannels: fields.count('conditioning_channels', BOUNDS.channels, 3),
    imageWidths: fields.counts('conditioning_embedding_out_channels', BOUNDS.channels, [16, 32, 96, 256]),
    blueFirst: order === 'bgr',
  };
};
