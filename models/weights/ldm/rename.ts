// Reads tensors with LDM names under diffusers' names. Bytes stay where they are: a renamed tensor is the same place in the file.
import { asMatrix } from '../aliases.ts';
import type { TensorInfo, WeightSource } from '../weight-source.ts';
import {
  BUFFERS,
  EMA_DOTS,
  EMA_INNER,
  OPEN_CLIP_INNER,
  OPEN_CLIP_OUTER,
  OPEN_CLIP_STACKED,
  STACK,
  type Table,
  UNET_OUTER,
  UNET_RESNET,
  UNREAD,
  VAE_INNER,
  VAE_OUTER,
} from './tables.ts';

/** Tensors by the names that networks ask for. */
export type Named = ReadonlyMap<string, TensorInfo>;

const renamed = (name: string, ...tables: readonly Table[]): string =>
  tables.reduce((now, table) => {
    const rule = table.find(([pattern]) => pattern.test(now));
    return rule ? now.replace(...rule) : now;
  }, name);

/** The largest number that `pattern` captures; -1 when it fits no name. */
const largest = (names: Iterable<string>, pattern: RegExp): number => {
  let most = -1;
  for (const name of names) most = Math.max(most, Number(pattern.exec(name)?.[1] ?? -1));
  return most;
};

/** Input blocks a level: its residual blocks and the downsampler behind them, which tells where a level ends. */
const rungs = (names: readonly string[]): number => {
  const ends = names.map(name => Number(/^input_blocks\.(\d+)\.0\.op\.weight$/.exec(name)?.[1] ?? Number.POSITIVE_INFINITY));
  const first = ends.reduce((least, end) => Math.min(least, end), Number.POSITIVE_INFINITY);
  return first < Number.POSITIVE_INFINITY ? first : largest(names, /^input_blocks\.(\d+)\./) + 1;
};

/** `input_blocks.4.1.` -> `down_blocks.1.attentions.0.`; the way up alike. An upsampler stands behind the attention, or in its place. */
const placed = (name: string, each: number): string => {
  const [, side, block = '', place, rest = ''] = /^(input|output)_blocks\.(\d+)\.(\d+)\.(.*)$/.exec(name) ?? [];
  if (side === undefined) return name;
  const n = Number(block) - (side === 'input' ? 1 : 0);
  const [level, layer] = [Math.floor(n / each), n % each];
  if (side === 'input' && rest.startsWith('op.')) return `down_blocks.${level}.downsamplers.0.conv.${rest.slice('op.'.length)}`;
  const path = `${side === 'input' ? 'down' : 'up'}_blocks.${level}`;
  if (side === 'output' && place !== '0' && rest.startsWith('conv.')) return `${path}.upsamplers.0.${rest}`;
  return `${path}.${place === '0' ? 'resnets' : 'attentions'}.${layer}.${rest}`;
};

/** The picture's way into a ControlNet: convolutions at even places, the first and the last with names of their own. */
const hinted = (name: string, last: number): string => {
  const [, place = '', rest] = /^input_hint_block\.(\d+)\.(.*)$/.exec(name) ?? [];
  if (rest === undefined) return name;
  const n = Number(place);
  const part = n === 0 ? 'conv_in' : n === last ? 'conv_out' : `blocks.${n / 2 - 1}`;
  return `controlnet_cond_embedding.${part}.${rest}`;
};

const map = (tensors: Named, rename: (name: string) => string, buffers = BUFFERS): Named => {
  const found = new Map<string, TensorInfo>();
  for (const [old, info] of tensors) {
    const name = buffers.test(old) ? undefined : rename(old);
    if (name !== undefined) found.set(name, name === info.name ? info : { ...info, name });
  }
  return found;
};

/** The tensors whose names begin with `prefix`, without it. */
export const below = (tensors: Named, prefix: string): Named => {
  const found = new Map<string, TensorInfo>();
  for (const [name, info] of tensors) if (name.startsWith(prefix)) found.set(name.slice(prefix.length), info);
  return found;
};

/** U-Net or ControlNet. Names that are diffusers' already stay. */
export const unetNames = (tensors: Named): Named => {
  const names = [...tensors.keys()];
  const each = rungs(names);
  const lastHint = largest(names, /^input_hint_block\.(\d+)\./);
  return map(tensors, name => renamed(placed(hinted(renamed(name, UNET_OUTER), lastHint), each), UNET_RESNET));
};

/** The averaged U-Net, whose names have lost their dots. */
export const emaNames = (tensors: Named): Named => unetNames(map(tensors, name => renamed(name, EMA_DOTS, EMA_INNER)));

/** Whether an autoencoder is of deep compression: its levels number their blocks, and it has only had diffusers' names. */
export const isDeep = (tensors: Named): boolean => tensors.has('encoder.down_blocks.1.0.conv1.weight');

/** The autoencoder; its levels count from the picture on the way out, too, where diffusers' count from the latent. */
export const vaeNames = (tensors: Named): Named => {
  if (isDeep(tensors)) return tensors;
  const last = largest(tensors.keys(), /^decoder\.up\.(\d+)\./);
  const out = (name: string): string =>
    name
      .replace(/^decoder\.up\.(\d+)\.block\.(\d+)\./, (_, level, block) => `decoder.up_blocks.${last - level}.resnets.${block}.`)
      .replace(/^decoder\.up\.(\d+)\.upsample\./, (_, level) => `decoder.up_blocks.${last - level}.upsamplers.0.`);
  return map(tensors, name => renamed(out(name), VAE_OUTER, VAE_INNER));
};

/** CLIP's text encoder under transformers' names. */
export const clipNames = (tensors: Named): Named => map(tensors, name => name);

/**
 * OpenCLIP's text tower under transformers' names; stacked tensors become three. Stable Diffusion 2 reads the states before the last
 * layer, so that one is left out, as diffusers' conversions do.
 * @param whole SDXL, which pools the last layer's states: that layer and the projection stay
 */
export const openClipNames = (tensors: Named, { whole = false }: { readonly whole?: boolean } = {}): Named => {
  const last = whole ? -1 : largest(tensors.keys(), /^transformer\.resblocks\.(\d+)\./);
  const used = new Map([...tensors].filter(([name]) => !name.startsWith(`transformer.resblocks.${last}.`)));
  const rename = (name: string): string => renamed(name, OPEN_CLIP_OUTER, OPEN_CLIP_INNER, OPEN_CLIP_STACKED);
  const all = [...map(used, rename, whole ? UNREAD : BUFFERS)];
  return new Map(all.flatMap(([name, info]) => (name.includes('@') ? thirds(name, info) : [[name, info] as const])));
};

/** Query, key and value: the thirds of a tensor's rows, which lie one behind the other. */
const thirds = (name: string, info: TensorInfo): (readonly [string, TensorInfo])[] =>
  STACK.map((part, i) => {
    const [rows = 0, ...rest] = info.dims;
    const length = info.length / STACK.length;
    const partName = name.replace('@', part);
    return [partName, { ...info, name: partName, dims: [rows / STACK.length, ...rest], offset: info.offset + i * length, length }] as const;
  });

/** A source over renamed tensors. A matrix that is stored as a 1x1 convolution counts as a matrix where one is asked for. */
export const namedSource = (label: string, tensors: Named): WeightSource => ({
  label,
  find(name, dims) {
    const info = tensors.get(name);
    return info && asMatrix(info, dims);
  },
  names: () => tensors.keys(),
});
