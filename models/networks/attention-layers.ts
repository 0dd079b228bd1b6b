// The self-attention layers of a U-Net's way up: the places where one frame can see others.
import type { Level, UNetConfig } from './unet-config.ts';

/** One layer, in the order of the graph's `bank.J` and `state.J`. */
export type AttentionLayer = {
  readonly channels: number;
  /** Latent pixels a token's side stands for: a power of two. */
  readonly stride: number;
  /** Whether its channels are the most of the network; Rerender's loose attention leaves these layers to their own frame. */
  readonly widest: boolean;
};

export const attentionLayers = ({
  levels,
  upAttention,
  upTransformerLayers,
}: Pick<UNetConfig, 'levels' | 'upAttention' | 'upTransformerLayers'>): AttentionLayer[] => {
  const most = Math.max(...levels.map(({ channels }) => channels));
  const describe = ({ channels, layers, transformerLayers }: Level, i: number): AttentionLayer[] => {
    if (!upAttention[i]) return [];
    const layer = { channels, stride: 2 ** (levels.length - 1 - i), widest: channels === most };
    const count = upTransformerLayers?.[i]?.reduce((sum, n) => sum + n, 0) ?? (layers + 1) * transformerLayers;
    return Array<AttentionLayer>(count).fill(layer);
  };
  return [...levels].reverse().flatMap(describe);
};

/** Tokens of a layer for a latent of this size; odd sides are halved upwards, as a convolution of stride 2 does. */
export const tokensOf = ({ stride }: AttentionLayer, height: number, width: number): number =>
  Math.ceil(height / stride) * Math.ceil(width / stride);
