// What `--precision` means for the networks, and the switches of its parts.
import type { Options } from '../../config/options.ts';
import type { DiffusionModelOptions } from '../../models/diffusion-model.ts';

const INT8: Readonly<Record<Exclude<Options['int8'], 'auto'>, NonNullable<DiffusionModelOptions['int8']>>> = {
  off: [],
  linear: ['linear'],
  conv: ['convolution'],
  all: ['linear', 'convolution'],
};

/**
 * Kinds of layers that compute in whole numbers, whether all are in half precision, and whether the largest self-attention has a quarter of
 * its keys. `fast` is whole numbers on the CPU and half precision on other devices.
 */
export const precisionOf = (
  { precision, int8, tokenDownsampling }: Pick<Options, 'precision' | 'int8' | 'tokenDownsampling'>,
  device: string,
): {
  readonly int8: DiffusionModelOptions['int8'] & {};
  readonly half: boolean;
  readonly thinKeys: boolean;
} => {
  const fast = precision === 'fast';
  const onCpu = device === 'cpu';
  return {
    int8: INT8[int8 === 'auto' ? (fast && onCpu ? 'all' : 'off') : int8],
    half: fast && !onCpu,
    thinKeys: tokenDownsampling === 'auto' ? fast : tokenDownsampling === '2',
  };
};
