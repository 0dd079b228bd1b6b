// The self-attention layers of a U-Net's way up: the places where one frame can see others.
import type { Place } from './blocks/unet-path.ts';
import type { DownConfig, Level, UNetConfig } from './unet-config.ts';

/** One layer, in the order of the graph's `bank.J` and `state.J`. */
export type AttentionLayer = {
  readonly channels: number;
  /** Latent pixels that the side of a token of its states stands for: a power of two. */
  readonly stride: number;
  /** Whether its channels are the most of the network; Rerender's loose attention leaves these layers to their own frame. */
  readonly widest: boolean;
};

type Attending = Pick<UNetConfig, 'levels' | 'upAttention' | 'upTransformerLayers'>;

/** The level of a block of a way, from 0 at the latent's size. */
const levelOf = ({ way, block }: Pick<Place, 'way' | 'block'>, levels: number): number =>
  way === 'down' ? block : way === 'up' ? levels - 1 - block : levels - 1;

/** Whether a place is of the level with the most tokens among those that attend: there keys are thinned. */
export const largestAttention =
  ({ levels, upAttention = [] }: Pick<DownConfig, 'levels'> & Partial<Pick<UNetConfig, 'upAttention'>>) =>
  (place: Pick<Place, 'way' | 'block'>): boolean => {
    const largest = levels.findIndex(({ attention }, i) => attention || upAttention[levels.length - 1 - i] === true);
    return place.way !== 'middle' && levelOf(place, levels.length) === largest;
  };

/** @param thinKeys whether states of the largest level are every second token of every second row */
export const attentionLayers = (
  config: Attending,
  { thinKeys = false }: { readonly thinKeys?: boolean | undefined } = {},
): AttentionLayer[] => {
  const { levels, upAttention, upTransformerLayers } = config;
  const isLargest = largestAttention(config);
  const most = Math.max(...levels.map(({ channels }) => channels));
  const describe = ({ channels, layers, transformerLayers }: Level, i: number): AttentionLayer[] => {
    if (!upAttention[i]) return [];
    const layer = {
      channels,
      stride: 2 ** (levels.length - 1 - i) * (thinKeys && isLargest({ way: 'up', block: i }) ? 2 : 1),
      widest: channels === most,
    };
    const count = upTransformerLayers?.[i]?.reduce((sum, n) => sum + n, 0) ?? (layers + 1) * transformerLayers;
    return Array<AttentionLayer>(count).fill(layer);
  };
  return [...levels].reverse().flatMap(describe);
};

/** How many of these layers stand in the last residual blocks of the way up. */
export const attentionInLast = ({ levels, upAttention, upTransformerLayers }: Attending, blocks: number): number => {
  const [last, { layers, transformerLayers }] = [levels.length - 1, levels[0] as Level];
  if (!upAttention[last]) return 0;
  const counts = upTransformerLayers?.[last] ?? Array<number>(layers + 1).fill(transformerLayers);
  return counts.slice(-blocks).reduce((sum, n) => sum + n, 0);
};

/** Tokens of a layer for a latent of this size; odd sides are halved upwards, as a convolution of stride 2 does. */
export const tokensOf = ({ stride }: AttentionLayer, height: number, width: number): number =>
  Math.ceil(height / stride) * Math.ceil(width / stride);
