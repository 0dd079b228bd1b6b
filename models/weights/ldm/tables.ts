// Names of the first Stable Diffusion code (latent diffusion, "LDM") and what diffusers calls the same tensors: data, and nothing else.

/** Rules in order; of each table the first that fits a name is applied to it, once. */
export type Table = readonly (readonly [ldm: RegExp, diffusers: string])[];

/** Parts of the U-Net that stand in no numbered block. */
export const UNET_OUTER: Table = [
  [/^time_embed\.0\./, 'time_embedding.linear_1.'],
  [/^time_embed\.2\./, 'time_embedding.linear_2.'],
  [/^time_embed\.cond_proj\./, 'time_embedding.cond_proj.'],
  [/^label_emb\.0\.0\./, 'add_embedding.linear_1.'],
  [/^label_emb\.0\.2\./, 'add_embedding.linear_2.'],
  [/^input_blocks\.0\.0\./, 'conv_in.'],
  [/^middle_block\.0\./, 'mid_block.resnets.0.'],
  [/^middle_block\.1\./, 'mid_block.attentions.0.'],
  [/^middle_block\.2\./, 'mid_block.resnets.1.'],
  [/^out\.0\./, 'conv_norm_out.'],
  [/^out\.2\./, 'conv_out.'],
  [/^zero_convs\.(\d+)\.0\./, 'controlnet_down_blocks.$1.'],
  [/^middle_block_out\.0\./, 'controlnet_mid_block.'],
];

/** Inside a residual block of the U-Net. */
export const UNET_RESNET: Table = [
  [/(\.resnets\.\d+)\.in_layers\.0\./, '$1.norm1.'],
  [/(\.resnets\.\d+)\.in_layers\.2\./, '$1.conv1.'],
  [/(\.resnets\.\d+)\.emb_layers\.1\./, '$1.time_emb_proj.'],
  [/(\.resnets\.\d+)\.out_layers\.0\./, '$1.norm2.'],
  [/(\.resnets\.\d+)\.out_layers\.3\./, '$1.conv2.'],
  [/(\.resnets\.\d+)\.skip_connection\./, '$1.conv_shortcut.'],
];

export const VAE_OUTER: Table = [
  [/\.norm_out\./, '.conv_norm_out.'],
  [/\.mid\.block_1\./, '.mid_block.resnets.0.'],
  [/\.mid\.block_2\./, '.mid_block.resnets.1.'],
  [/\.mid\.attn_1\./, '.mid_block.attentions.0.'],
  [/^encoder\.down\.(\d+)\.block\.(\d+)\./, 'encoder.down_blocks.$1.resnets.$2.'],
  [/^encoder\.down\.(\d+)\.downsample\./, 'encoder.down_blocks.$1.downsamplers.0.'],
];

export const VAE_INNER: Table = [
  [/\.nin_shortcut\./, '.conv_shortcut.'],
  [/(\.attentions\.0)\.norm\./, '$1.group_norm.'],
  [/(\.attentions\.0)\.q\./, '$1.to_q.'],
  [/(\.attentions\.0)\.k\./, '$1.to_k.'],
  [/(\.attentions\.0)\.v\./, '$1.to_v.'],
  [/(\.attentions\.0)\.proj_out\./, '$1.to_out.0.'],
];

/** OpenCLIP's text tower. */
export const OPEN_CLIP_OUTER: Table = [
  [/^positional_embedding$/, 'text_model.embeddings.position_embedding.weight'],
  [/^token_embedding\./, 'text_model.embeddings.token_embedding.'],
  [/^ln_final\./, 'text_model.final_layer_norm.'],
  [/^transformer\.resblocks\.(\d+)\./, 'text_model.encoder.layers.$1.'],
];

export const OPEN_CLIP_INNER: Table = [
  [/(\.layers\.\d+)\.ln_1\./, '$1.layer_norm1.'],
  [/(\.layers\.\d+)\.ln_2\./, '$1.layer_norm2.'],
  [/(\.layers\.\d+)\.mlp\.c_fc\./, '$1.mlp.fc1.'],
  [/(\.layers\.\d+)\.mlp\.c_proj\./, '$1.mlp.fc2.'],
  [/(\.layers\.\d+)\.attn\.out_proj\./, '$1.self_attn.out_proj.'],
];

/** OpenCLIP stacks query, key and value on the first axis of one tensor: `in_proj_weight` [3 w, w], `in_proj_bias` [3 w]. */
export const OPEN_CLIP_STACKED: Table = [[/(\.layers\.\d+)\.attn\.in_proj_(weight|bias)$/, '$1.self_attn.@_proj.$2']];
export const STACK = ['q', 'k', 'v'] as const;

/** Exponential moving averages are stored under the U-Net's names without dots; each rule puts some back. */
export const EMA_DOTS: Table = [
  [/^time_embed(\d)(weight|bias)$/, 'time_embed.$1.$2'],
  [/^out(\d)(weight|bias)$/, 'out.$1.$2'],
  [/^(input|output)_blocks(\d+)(\d)(?=\D)/, '$1_blocks.$2.$3.'],
  [/^middle_block(\d)/, 'middle_block.$1.'],
];

export const EMA_INNER: Table = [
  [/\.(in_layers|out_layers|emb_layers)(\d)(weight|bias)$/, '.$1.$2.$3'],
  [/\.(skip_connection|op|conv|norm|proj_in|proj_out)(weight|bias)$/, '.$1.$2'],
  [/\.transformer_blocks(\d+)(attn[12])to_out(\d)(weight|bias)$/, '.transformer_blocks.$1.$2.to_out.$3.$4'],
  [/\.transformer_blocks(\d+)(attn[12])(to_[qkv])(weight|bias)$/, '.transformer_blocks.$1.$2.$3.$4'],
  [/\.transformer_blocks(\d+)(norm\d)(weight|bias)$/, '.transformer_blocks.$1.$2.$3'],
  [/\.transformer_blocks(\d+)ffnet0proj(weight|bias)$/, '.transformer_blocks.$1.ff.net.0.proj.$2'],
  [/\.transformer_blocks(\d+)ffnet2(weight|bias)$/, '.transformer_blocks.$1.ff.net.2.$2'],
];

/** What checkpoints carry that no network reads: buffers, and what only training needs. */
export const UNREAD = /(^|\.)(position_ids|logit_scale|attn_mask)(\.weight)?$|\.num_batches_tracked$/;

/** The same, and what only pooling needs. */
export const BUFFERS = /(^|\.)(position_ids|text_projection|logit_scale|attn_mask)(\.weight)?$|\.num_batches_tracked$/;
