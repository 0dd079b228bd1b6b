// Warns where a model or a LoRA is made for a few steps without guidance (Lightning, Turbo, Hyper-SD, LCM) and a run has other settings.
import type { Options } from '../../config/options.ts';
import type { ModelInfo } from '../../models/model-info.ts';

const MOST_STEPS = 12; // they are made for 1 to 8; some fine-tunes of them take a few more
const MOST_GUIDANCE = 2.5; // they are made for none; some fine-tunes of them take 2

type Info = Pick<ModelInfo, 'spacing' | 'fewSteps'>;
type FewSteps = Info['fewSteps'][number];
type Used = Pick<Options, 'steps' | 'cfgScale' | 'sampler'>;

/** The settings that such a model asks for and that a run does not have, as flags. LCM has a sampler of its own, with its own steps. */
const wrongSettings = ({ kind, readsGuidance, ownSampler }: FewSteps, spacing: Info['spacing'], used: Used): string[] => {
  const isLcm = used.sampler === 'lcm' || (used.sampler === 'auto' && ownSampler);
  const steps = kind === 'LCM' ? (isLcm ? [] : ['--sampler lcm']) : spacing === 'trailing' ? [] : ['--spacing trailing'];
  return [
    ...(used.steps > MOST_STEPS ? ['--steps 4'] : []),
    ...(used.cfgScale > MOST_GUIDANCE && !readsGuidance ? ['--cfg-scale 1'] : []),
    ...steps,
  ];
};

/** Warns of the first of these that the run has other settings for than it needs. */
export const tellDistilled = ({ spacing, fewSteps }: Info, used: Used, warn: (message: string) => void): void => {
  for (const found of fewSteps) {
    const flags = wrongSettings(found, spacing, used);
    if (flags.length === 0) continue;
    const without = found.readsGuidance ? '' : ' without guidance';
    warn(`${found.name} is made for few steps${without} (${found.kind}), as ${found.by} says: ${flags.join(' ')} (docs/sdxl.md)`);
    return;
  }
};
