// Models and LoRAs distilled for a few steps without guidance (Lightning, Turbo, Hyper): their names tell it, their weights do not.
import { basename } from 'node:path';
import { parseLoras } from '../../config/adapters.ts';
import type { Options } from '../../config/options.ts';
import type { ModelInfo } from '../../models/diffusion-model.ts';

const NAMES = /lightning|turbo|hyper-?sd/i;

const MOST_STEPS = 12; // they are made for 1 to 8; some fine-tunes of them take a few more
const MOST_GUIDANCE = 2.5; // they are made for none; some fine-tunes of them take 2

/** The settings that such a model asks for and that a run does not have, as flags. */
const wrongSettings = ({ spacing }: Pick<ModelInfo, 'spacing'>, { steps, cfgScale }: Pick<Options, 'steps' | 'cfgScale'>): string[] => [
  ...(steps > MOST_STEPS ? ['--steps 4'] : []),
  ...(cfgScale > MOST_GUIDANCE ? ['--cfg-scale 1'] : []),
  ...(spacing === 'trailing' ? [] : ['--spacing trailing']),
];

/** Warns where the name of the model or of a LoRA says that it is one of these, and the run has other settings than those that it needs. */
export const tellDistilled = (
  info: Pick<ModelInfo, 'spacing'>,
  options: Pick<Options, 'model' | 'lora' | 'steps' | 'cfgScale'>,
  warn: (message: string) => void,
): void => {
  const loras = parseLoras(options.lora).filter(({ weight }) => weight !== 0);
  const names = [options.model ?? '', ...loras.map(({ path }) => path)].map(path => basename(path));
  const name = names.find(each => NAMES.test(each));
  const flags = wrongSettings(info, options);
  if (name !== undefined && flags.length > 0) {
    warn(`${name} is made for few steps without guidance, as its name says: ${flags.join(' ')} (docs/sdxl.md)`);
  }
};
