// Whether the parts of a model belong together, checked before anything is run.
import { RerenderError } from '../../config/errors.ts';
import { residualChannels } from '../networks/blocks/unet-path.ts';
import type { UNetConfig } from '../networks/unet-config.ts';
import type { ControlPart, ModelFolder } from './model-folder.ts';

/** Two parts of a model do not fit each other. */
export class ModelFitError extends RerenderError {
  constructor(message: string, options?: ErrorOptions) {
    super('MODEL_FIT', 'failure', message, options);
  }
}

const contextWidths = (config: UNetConfig | ControlPart['config']): string =>
  [...new Set(config.levels.map(l => l.contextWidth))].join(', ');

/** Each line: whether it fits, and what to say if not. */
const checks = ({ kind, unet: { config }, autoencoder, text, tokenizer, controls, places }: ModelFolder): [boolean, string][] => {
  const unet = `the U-Net (${places.unet})`;
  const encoder = `the text encoder (${places.text})`;
  const words = `the tokenizer (${places.tokenizer})`;
  return [
    [kind !== 'video' || controls.length === 0, `${unet} draws clips, which no ControlNet can guide`],
    [
      autoencoder.latentChannels === config.inChannels,
      `the autoencoder (${places.autoencoder}) has ${autoencoder.latentChannels} latent channels, ${unet} takes ${config.inChannels}`,
    ],
    [contextWidths(config) === String(text.width), `${encoder} is ${text.width} wide, ${unet} attends to ${contextWidths(config)}`],
    [tokenizer.maxId < text.vocabulary, `${words} has ids up to ${tokenizer.maxId}, ${encoder} knows ${text.vocabulary} tokens`],
    [tokenizer.length <= text.positions, `${words} makes ${tokenizer.length} tokens, ${encoder} has ${text.positions} positions`],
    [config.added === undefined, `${unet} is of the SDXL family, which needs a second text encoder and is not supported`],
  ];
};

const controlChecks = ({ unet, autoencoder, places }: ModelFolder, { folder, config }: ControlPart): [boolean, string][] => {
  const [theirs, ours] = [residualChannels(config).join(' '), residualChannels(unet.config).join(' ')];
  const factor = 2 ** (config.imageWidths.length - 1);
  return [
    [
      config.inChannels === unet.config.inChannels,
      `takes ${config.inChannels} latent channels, the U-Net (${places.unet}) ${unet.config.inChannels}`,
    ],
    [
      contextWidths(config) === contextWidths(unet.config),
      `attends to texts ${contextWidths(config)} wide, the U-Net (${places.unet}) to ${contextWidths(unet.config)}`,
    ],
    [theirs === ours, `adds to skips of ${theirs} channels, the U-Net (${places.unet}) has ${ours}`],
    [
      factor === autoencoder.factor,
      `takes ${factor} pixels for a latent's side, the autoencoder (${places.autoencoder}) ${autoencoder.factor}`,
    ],
  ].map(([fits, reason]) => [fits as boolean, `the ControlNet ${folder} ${reason}`]);
};

/** Throws ModelFitError naming both sides when two parts do not fit. */
export const checkFit = (model: ModelFolder): void => {
  const all = [...checks(model), ...model.controls.flatMap(control => controlChecks(model, control))];
  const wrong = all.filter(([fits]) => !fits).map(([, reason]) => reason);
  if (wrong.length > 0) throw new ModelFitError(`the parts of the model ${model.folder} do not fit: ${wrong.join('; ')}`);
};
