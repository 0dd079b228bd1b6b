// What `--speed` bundles: values that hold where nothing else says them. What each costs in quality: docs/performance.md.
import type { Options, PartialOptions } from './options.ts';

export const SPEEDS: Readonly<Record<Options['speed'], PartialOptions>> = {
  exact: {},
  balanced: { precision: 'fast', tokenDownsampling: 'off', motion: 'coarse' },
  draft: { precision: 'fast', tokenDownsampling: 'off', motion: 'coarse', deepCache: 2, guidanceEnd: 0.6 },
};
