// Tells an autoencoder's config from the dims of its weights.
import { isDeep, type Named } from '../weights/ldm/rename.ts';
import { type ConfigValues, counter, FAMILY_GROUPS, numbers, sizes } from './shape-config.ts';

/** `vae/config.json`: AutoencoderTiny where the layers are numbered, AutoencoderDC where a level numbers its blocks, else AutoencoderKL. */
export const autoencoderValues = (tensors: Named): ConfigValues => {
  const [dims, count] = [sizes(tensors), counter(tensors)];
  if (count('decoder.layers') > 0) return tinyValues(tensors);
  if (isDeep(tensors)) return deepValues(tensors);
  const levels = numbers(count('encoder.down_blocks')).map(i => `encoder.down_blocks.${i}`);
  return {
    _class_name: 'AutoencoderKL',
    in_channels: dims('encoder.conv_in.weight')[1] ?? 0,
    out_channels: dims('decoder.conv_out.weight')[0] ?? 0,
    latent_channels: dims('decoder.conv_in.weight')[1] ?? 0,
    block_out_channels: levels.map(level => dims(`${level}.resnets.0.conv1.weight`)[0] ?? 0),
    down_block_types: levels.map(() => 'DownEncoderBlock2D'),
    up_block_types: levels.map(() => 'UpDecoderBlock2D'),
    layers_per_block: count('encoder.down_blocks.0.resnets'),
    norm_num_groups: FAMILY_GROUPS,
    use_quant_conv: tensors.has('quant_conv.weight'),
    use_post_quant_conv: tensors.has('post_quant_conv.weight'),
    mid_block_add_attention: count('decoder.mid_block.attentions') > 0,
  };
};

const MOST_INDEX = 9999; // so that a name cannot ask for more blocks than any network has

/** The numbers that follow `prefix` in the names, rising; those of more than four digits are no layers. */
const indicesBelow = (tensors: Named, prefix: string): number[] => {
  const found = new Set<number>();
  for (const name of tensors.keys()) {
    const index = name.startsWith(prefix) ? Number(/^\d{1,5}(?=\.)/.exec(name.slice(prefix.length))?.[0] ?? Number.NaN) : Number.NaN;
    if (index <= MOST_INDEX) found.add(index);
  }
  return [...found].sort((a, b) => a - b);
};

/** Every plain convolution of a tiny autoencoder opens or closes a level; what stands between two are its blocks. */
const tinyValues = (tensors: Named): ConfigValues => {
  const dims = sizes(tensors);
  const part = (name: string): { channels: number[]; blocks: number[]; last: readonly number[]; first: readonly number[] } => {
    const convs = indicesBelow(tensors, `${name}.layers.`).filter(i => tensors.has(`${name}.layers.${i}.weight`));
    const blocks = convs.slice(0, -1).map((conv, k) => {
      const between = numbers(convs[k + 1]! - conv - 1).filter(i => tensors.has(`${name}.layers.${conv + 1 + i}.conv.0.weight`));
      return between.length;
    });
    const of = (conv: number | undefined) => dims(`${name}.layers.${conv}.weight`);
    return { channels: convs.slice(0, -1).map(conv => of(conv)[0] ?? 0), blocks, first: of(convs[0]), last: of(convs.at(-1)) };
  };
  const [encoder, decoder] = [part('encoder'), part('decoder')];
  return {
    _class_name: 'AutoencoderTiny',
    in_channels: encoder.first[1] ?? 0,
    out_channels: decoder.last[0] ?? 0,
    latent_channels: decoder.first[1] ?? 0,
    encoder_block_out_channels: encoder.channels,
    num_encoder_blocks: encoder.blocks,
    decoder_block_out_channels: decoder.channels,
    num_decoder_blocks: decoder.blocks,
  };
};

/** Of a deep compression autoencoder; whether it has shortcuts at its ends cannot be told, and it has them by default. */
const deepValues = (tensors: Named): ConfigValues => {
  const dims = sizes(tensors);
  const part = (path: string): { channels: number[]; layers: number[] } => {
    const indices = indicesBelow(tensors, `${path}.`);
    const blocks = numbers((indices.at(-1) ?? -1) + 1).map((): string[] => []);
    for (const key of tensors.keys()) {
      const place = /^\w+\.\w+\.(\d{1,4})\.\d+\.conv1\.weight$/.exec(key);
      if (place && key.startsWith(`${path}.`)) blocks[Number(place[1])]?.push(key);
    }
    const channels = blocks.map(([first]) => dims(first ?? '')[0] ?? dims(blocks[1]?.[0] ?? '')[0] ?? 0);
    return { channels, layers: blocks.map(of => of.length) };
  };
  const [encoder, decoder] = [part('encoder.down_blocks'), part('decoder.up_blocks')];
  return {
    _class_name: 'AutoencoderDC',
    in_channels: dims('encoder.conv_in.conv.weight')[1] ?? dims('encoder.conv_in.weight')[1] ?? 0,
    latent_channels: dims('decoder.conv_in.weight')[1] ?? 0,
    encoder_block_out_channels: encoder.channels,
    encoder_layers_per_block: encoder.layers,
    decoder_block_out_channels: decoder.channels,
    decoder_layers_per_block: decoder.layers,
  };
};
