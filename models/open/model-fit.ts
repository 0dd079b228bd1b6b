// Whether the parts of a model belong together, checked before anything is run.
import { RerenderError } from '../../config/errors.ts';
import { residualChannels } from '../networks/blocks/unet-path.ts';
import type { UNetConfig } from '../networks/unet-config.ts';
import type { ControlPart, ModelFolder } from './model-folder.ts';
import type { TextPart } from './text-parts.ts';

/** Two parts of a model do not fit each other. */
export class ModelFitError extends RerenderError {
  constructor(message: string, options?: ErrorOptions) {
    super('MODEL_FIT', 'failure', message, options);
  }
}

const contextWidths = (config: UNetConfig | ControlPart['config']): string =>
  [...new Set(config.levels.map(l => l.contextWidth))].join(', ');

/** Each line: whether it fits, and what to say if not. */
const checks = ({ kind, unet: { config }, autoencoder, texts, sdxl, controls, places }: ModelFolder): [boolean, string][] => {
  const unet = `the U-Net (${places.unet})`;
  const width = texts.reduce((sum, text) => sum + text.width, 0);
  const are = texts.length > 1 ? 'are together' : 'is';
  return [
    [kind !== 'video' || controls.length === 0, `${unet} draws clips, which no ControlNet can guide`],
    [
      autoencoder.latentChannels === config.inChannels,
      `the autoencoder (${places.autoencoder}) has ${autoencoder.latentChannels} latent channels, ${unet} takes ${config.inChannels}`,
    ],
    [
      contextWidths(config) === String(width),
      `${texts.map(encoderOf).join(' and ')} ${are} ${width} wide, ${unet} attends to ${contextWidths(config)}`,
    ],
    ...texts.flatMap(textChecks),
    [new Set(texts.map(({ tokenizer }) => tokenizer.length)).size === 1, 'the tokenizers make different numbers of tokens'],
    [sdxl === (config.added !== undefined), `${unet} reads no sizes`],
    ...addedChecks(unet, texts, config),
  ];
};

const encoderOf = ({ places }: TextPart): string => `the text encoder (${places.network})`;

const textChecks = (text: TextPart): [boolean, string][] => {
  const { tokenizer, vocabulary, positions, places } = text;
  const [encoder, words] = [encoderOf(text), `the tokenizer (${places.tokenizer})`];
  return [
    [tokenizer.maxId < vocabulary, `${words} has ids up to ${tokenizer.maxId}, ${encoder} knows ${vocabulary} tokens`],
    [tokenizer.length <= positions, `${words} makes ${tokenizer.length} tokens, ${encoder} has ${positions} positions`],
  ];
};

/** SDXL: the pooled state and 6 numbers, or a refiner's 5, fill the second embedding. */
const addedChecks = (unet: string, texts: readonly TextPart[], { added }: UNetConfig): [boolean, string][] => {
  if (!added) return [];
  const { pooledWidth = 0, places } = texts.at(-1)!;
  const fits = added.width === pooledWidth + added.ids * added.timeWidth && [5, 6].includes(added.ids);
  const asked = `reads pooled text and 5 or 6 numbers, ${added.width} wide with ${added.timeWidth} a number`;
  return [[fits, `${unet} ${asked}; the text encoder (${places.network}) pools to ${pooledWidth}`]];
};

const controlChecks = ({ unet, autoencoder, places }: ModelFolder, { folder, config }: ControlPart): [boolean, string][] => {
  const [theirs, ours] = [residualChannels(config).join(' '), residualChannels(unet.config).join(' ')];
  const factor = 2 ** (config.imageWidths.length - 1);
  const family = (added: unknown): string => (added ? 'SDXL' : 'Stable Diffusion 1 or 2');
  const sameFamily = (config.added === undefined) === (unet.config.added === undefined);
  if (!sameFamily) {
    const text = `is for ${family(config.added)}, the U-Net (${places.unet}) is of ${family(unet.config.added)}`;
    return [[false, `the ControlNet ${folder} ${text}: give one of the model's family`]];
  }
  return [
    [config.added?.width === unet.config.added?.width, `reads other sizes and pooled text than the U-Net (${places.unet})`],
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
