// What all steps that make key frames have in common: how drawing begins, and where what they leave is written.
import type { Options } from '../../config/options.ts';
import type { Tensor } from '../../models/tensor.ts';
import type { Remember } from '../../stages/keyframes/memory.ts';
import type { DrawOptions, FusionSettings } from '../../stages/keyframes/settings.ts';
import { beginOf } from './fusions.ts';
import { BEGINNING, SAMPLING, samplingOf } from './sampling.ts';
import type { StoredStates } from './states.ts';

/** What every key frame reads of the options, fusions apart. */
export const DRAWING = [...SAMPLING, ...BEGINNING, 'fromNoise', 'startNoise'] as const;

/** Where the two series of a key frame are written, in its precision. */
export const rememberIn = (
  {
    states: write,
    clean,
  }: {
    readonly states?: (step: number, value: StoredStates) => Promise<void>;
    readonly clean?: (step: number, value: Tensor) => Promise<void>;
  },
  { bankPrecision }: Pick<Options, 'bankPrecision'>,
): Remember => ({
  states: write && ((step, states) => write(step, { half: bankPrecision === 'fp16', states })),
  clean,
});

export const drawOptions = (options: Pick<Options, (typeof DRAWING)[number]>, fusion: FusionSettings): DrawOptions => ({
  sampling: samplingOf(options),
  ...beginOf(options),
  startNoise: options.startNoise,
  fusion,
});
