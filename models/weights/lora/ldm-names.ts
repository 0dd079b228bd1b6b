// Names of U-Net modules in the first Stable Diffusion code (input_blocks, middle_block, output_blocks), which some LoRA files use.

/** The LDM name of a diffusers module; undefined where it has none. */
export type LdmPlace = (module: string) => string | undefined;

const RESNET: Readonly<Record<string, string>> = {
  conv1: 'in_layers.2',
  time_emb_proj: 'emb_layers.1',
  conv2: 'out_layers.3',
  conv_shortcut: 'skip_connection',
};

const OUTER: Readonly<Record<string, string>> = {
  conv_in: 'input_blocks.0.0',
  conv_out: 'out.2',
  'time_embedding.linear_1': 'time_embed.0',
  'time_embedding.linear_2': 'time_embed.2',
};

const MIDDLE: Readonly<Record<string, string>> = { 'resnets.0': '0', 'attentions.0': '1', 'resnets.1': '2' };

type Shape = { readonly levels: readonly { readonly layers: number }[]; readonly upAttention: readonly boolean[] };

/** @param shape the U-Net's: blocks with different counts of layers have no LDM names, and an attention moves an upsampler by one place */
export const ldmPlace = ({ levels, upAttention }: Shape): LdmPlace => {
  const layers = levels[0]?.layers ?? 0;
  if (levels.some(level => level.layers !== layers)) return () => undefined;
  return module => {
    if (OUTER[module]) return OUTER[module];
    const [, side, block = '', kind, index = '', rest = ''] =
      /^(down_blocks|up_blocks|mid_block)(?:\.(\d+))?\.(resnets|attentions|downsamplers|upsamplers)\.(\d+)\.(.+)$/.exec(module) ?? [];
    const [b, j] = [Number(block), Number(index)];
    const tail = kind === 'resnets' ? RESNET[rest] : rest;
    if (tail === undefined || kind === undefined) return undefined;
    if (side === 'mid_block') return `middle_block.${MIDDLE[`${kind}.${index}`]}.${tail}`;
    const place = b * (layers + 1) + j;
    if (side === 'down_blocks') {
      if (kind === 'downsamplers') return `input_blocks.${(b + 1) * (layers + 1)}.0.op`;
      return `input_blocks.${place + 1}.${kind === 'resnets' ? 0 : 1}.${tail}`;
    }
    if (kind === 'upsamplers') return `output_blocks.${b * (layers + 1) + layers}.${upAttention[b] ? 2 : 1}.conv`;
    return `output_blocks.${place}.${kind === 'resnets' ? 0 : 1}.${tail}`;
  };
};
