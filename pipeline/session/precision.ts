// What `--precision` means for the networks, and the switches of its parts.
import type { Options } from '../../config/options.ts';
import type { DiffusionModelOptions } from '../../models/diffusion-model.ts';

const INT8: Readonly<Record<Exclude<Options['int8'], 'auto'>, NonNullable<DiffusionModelOptions['int8']>>> = {
  off: [],
  linear: ['linear'],
  conv: ['convolution'],
  all: ['linear', 'convolution'],
};

/** Kinds of layers that compute in whole numbers, and whether the largest self-attention has a quarter of its keys. */
export const precisionOf = ({
  precision,
  int8,
  tokenDownsampling,
}: Pick<Options, 'precision' | 'int8' | 'tokenDownsampling'>): {
  readonly int8: DiffusionModelOptions['int8'] & {};
  readonly thinKeys: boolean;
} => {
  const fast = precision === 'fast';
  return {
    int8: INT8[int8 === 'auto' ? (fast ? 'all' : 'off') : int8],
    thinKeys: tokenDownsampling === 'auto' ? fast : tokenDownsampling === '2',
  };
};
