// The config.json of UNet3DConditionModel (ModelScope text-to-video, Wang et al. 2023), read once into plain numbers.

import { fieldsOf, type RawConfig } from './config.ts';
import { BOUNDS } from './limits.ts';
import type { Level, UNetConfig } from './unet-config.ts';

/** A U-Net of pictures with layers over time in between. Its text states have one width throughout, its projections are linear. */
export type UNet3DConfig = UNetConfig & {
  /** Numbers a head, in every attention here; `Level.heads` follows from it. */
  readonly headSize: number;
};

const DOWN_TYPES = ['CrossAttnDownBlock3D', 'DownBlock3D'] as const;
const UP_TYPES = ['CrossAttnUpBlock3D', 'UpBlock3D'] as const;
const DOWN = ['CrossAttnDownBlock3D', 'CrossAttnDownBlock3D', 'CrossAttnDownBlock3D', 'DownBlock3D'] as const;
const UP = ['UpBlock3D', 'CrossAttnUpBlock3D', 'CrossAttnUpBlock3D', 'CrossAttnUpBlock3D'] as const;

/** Reads a `unet/config.json` of this class. Throws a ModelConfigError that names the key where the network is not one of these. */
export const unet3dConfig = (raw: RawConfig): UNet3DConfig => {
  const fields = fieldsOf(raw);
  fields.choice('_class_name', ['UNet3DConditionModel'], 'UNet3DConditionModel');
  fields.choice('act_fn', ['silu', 'swish'], 'silu');
  fields.choice('downsample_padding', [1], 1);
  fields.choice('mid_block_scale_factor', [1], 1);
  fields.choice('num_attention_heads', [null], null);
  const types = fields.choices('down_block_types', DOWN_TYPES, DOWN);
  const upTypes = fields.choices('up_block_types', UP_TYPES, UP);
  const channels = fields.counts('block_out_channels', BOUNDS.channels, [320, 640, 1280, 1280]);
  if (channels.length !== types.length)
    throw fields.error('block_out_channels', `has ${channels.length} entries, but there are ${types.length} blocks`);
  if (upTypes.length !== types.length)
    throw fields.error('up_block_types', `has ${upTypes.length} blocks, but down_block_types has ${types.length}`);
  const groups = fields.count('norm_num_groups', BOUNDS.channels, 32);
  const headSize = fields.count('attention_head_dim', BOUNDS.channels, 64); // what its name says, unlike in the U-Net of pictures
  const layers = fields.count('layers_per_block', BOUNDS.layers, 2);
  const contextWidth = fields.count('cross_attention_dim', BOUNDS.channels, 1024);
  const levels = channels.map((width, i): Level => {
    if (width % groups !== 0) throw fields.error('norm_num_groups', `${groups} does not divide ${width} channels`);
    const attention = types[i] === 'CrossAttnDownBlock3D';
    if ((attention || i === channels.length - 1) && width % headSize !== 0) {
      throw fields.error('attention_head_dim', `${headSize} (the size of a head) does not divide ${width} channels`);
    }
    return { channels: width, layers, transformerLayers: 1, heads: width / headSize, contextWidth, attention };
  });
  const [inChannels, outChannels] = [fields.count('in_channels', BOUNDS.channels, 4), fields.count('out_channels', BOUNDS.channels, 4)];
  if (inChannels !== outChannels) throw fields.error('in_channels', `is ${inChannels}, but out_channels is ${outChannels}`);
  const timeConditionWidth = fields.optionalCount('time_cond_proj_dim', BOUNDS.channels);
  return {
    inChannels,
    outChannels,
    levels,
    upAttention: upTypes.map(type => type === 'CrossAttnUpBlock3D'),
    headSize,
    groups,
    epsilon: fields.number('norm_eps', 1e-5),
    linearProjection: true,
    flipSinToCos: true,
    freqShift: 0,
    middleAttention: true,
    timeWidth: 4 * channels[0]!,
    ...(timeConditionWidth ? { timeConditionWidth } : {}),
  };
};
