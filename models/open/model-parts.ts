// The parts of a model, wherever they lie: in the subfolders of a diffusers folder, or in one file.

import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { RerenderError } from '../../config/errors.ts';
import { allInOrder } from '../../config/in-order.ts';
import { type RawConfig, readConfig } from '../networks/config.ts';
import { type NetworkFolder, openNetworkFolder } from '../networks/folder.ts';
import { clipTokenizerFiles } from '../text/clip-tokenizer.ts';
import { readTokenizerFiles, type TokenizerFiles, tokenizerMissing } from '../text/tokenizer-files.ts';
import { hasWeights } from '../weights/folder-weights.ts';
import { statedPrediction } from '../weights/stated-prediction.ts';
import { type Checkpoint, openCheckpoint, partOf } from './checkpoint.ts';

/** A model folder is not one, or lacks parts. */
export class ModelMissingError extends RerenderError {
  constructor(message: string, options?: ErrorOptions) {
    super('MODEL_MISSING', 'missing', message, options);
  }
}

export type PartsOptions = {
  /** The word in the names of the weights, as `fp16` in `model.fp16.safetensors`; of folders only. */
  readonly variant?: string | undefined;
  /** An autoencoder in place of the model's own: a folder with config.json, or a file. */
  readonly vae?: string | undefined;
  /** A diffusers folder whose configs, tokenizer and scheduler serve a model in one file. */
  readonly configs?: string | undefined;
};

/** Everything of a model as it lies on disk, headers and configs read. */
export type ModelParts = {
  readonly unet: NetworkFolder;
  readonly text: NetworkFolder;
  readonly autoencoder: NetworkFolder;
  readonly scheduler: RawConfig;
  readonly tokenizer: { readonly files: TokenizerFiles; readonly place: string };
  /** Paths of ControlNets that belong to the model. */
  readonly controls: readonly string[];
  /** Whether nothing says what the U-Net predicts, so that it has to be measured; the scheduler then says epsilon. */
  readonly predictionUnknown: boolean;
  /** Whether configs are told from the dims of the weights, by the rules of Stable Diffusion. */
  readonly configsGuessed: boolean;
  readonly warnings: readonly string[];
};

const WEIGHTS = '*.safetensors';

const TOKENIZER = 'tokenizer';

// What has to lie in each subfolder; of a tokenizer, one file may stand for both.
const PARTS: Readonly<Record<string, readonly string[]>> = {
  unet: ['config.json', WEIGHTS],
  vae: ['config.json', WEIGHTS],
  text_encoder: ['config.json', WEIGHTS],
  [TOKENIZER]: tokenizerMissing([]),
  scheduler: ['scheduler_config.json'],
};
const FORMS = `a model is a diffusers folder with ${Object.keys(PARTS).join('/, ')}/, or one .safetensors or .ckpt file`;

const filesOf = (folder: string): Promise<string[]> => readdir(folder).catch(() => []);

/** The files of `parts` that are not there, as `unet/config.json`. */
const missingFiles = async (folder: string, parts: typeof PARTS): Promise<string[]> => {
  const lists = Object.entries(parts).map(async ([part, needed]) => {
    const files = await filesOf(join(folder, part));
    const absent =
      part === TOKENIZER ? tokenizerMissing(files) : needed.filter(file => (file === WEIGHTS ? !hasWeights(files) : !files.includes(file)));
    return absent.map(file => join(part, file));
  });
  return (await allInOrder(lists)).flat();
};

/** The files that a model folder lacks, given what comes from elsewhere. */
export const missingFromFolder = (folder: string, { vae }: PartsOptions = {}): Promise<string[]> =>
  missingFiles(folder, Object.fromEntries(Object.entries(PARTS).filter(([part]) => part !== 'vae' || vae === undefined)));

/** A network that the user names by its path: a folder with config.json, or a file. @throws ModelMissingError */
export const openPartAt = async (path: string, part: 'vae' | 'controlnet', what: string): Promise<NetworkFolder> => {
  const kind = await stat(path).catch(() => undefined);
  if (!kind) throw new ModelMissingError(`there is no ${what} ${path}: give a folder with config.json and weights, or a file`);
  if (!kind.isDirectory()) return partOf(await openCheckpoint(path), part, what);
  const inside = part === 'vae' && (await filesOf(path)).includes('vae') ? join(path, 'vae') : path;
  const missing = await missingFiles(inside, { '.': ['config.json', WEIGHTS] });
  if (missing.length > 0) throw new ModelMissingError(`the ${what} folder ${inside} has no ${missing.join(', ')}`);
  return openNetworkFolder(inside);
};

const openVae = (path: string): Promise<NetworkFolder> => openPartAt(path, 'vae', 'autoencoder');

const folderParts = async (folder: string, options: PartsOptions): Promise<ModelParts> => {
  const missing = await missingFromFolder(folder, options);
  if (missing.length > 0) throw new ModelMissingError(`the model folder ${folder} has no ${missing.join(', ')}: ${FORMS}`);
  const part = (name: string): Promise<NetworkFolder> =>
    openNetworkFolder(join(folder, name), options.variant).then(opened => ({ ...opened, place: `${name}/` }));
  const [unet, text, autoencoder, scheduler, files, names] = await allInOrder([
    part('unet'),
    part('text_encoder'),
    options.vae === undefined ? part('vae') : openVae(options.vae),
    readConfig(join(folder, 'scheduler'), 'scheduler_config.json'),
    readTokenizerFiles(join(folder, 'tokenizer')),
    filesOf(folder),
  ]);
  const controls = names.includes('controlnet') ? [join(folder, 'controlnet')] : [];
  const tokenizer = { files, place: 'tokenizer/' };
  return { unet, text, autoencoder, scheduler, tokenizer, controls, predictionUnknown: false, configsGuessed: false, warnings: [] };
};

/** The schedule that every Stable Diffusion 1 and 2 was trained with. */
const SCHEDULE = {
  _class_name: 'DDIMScheduler',
  beta_start: 0.00085,
  beta_end: 0.012,
  beta_schedule: 'scaled_linear',
  steps_offset: 1,
  set_alpha_to_one: false,
  clip_sample: false,
};

/** OpenCLIP's text encoders, which alone have the exact GELU, were trained with prompts padded by id 0. */
const paddingOf = (text: NetworkFolder): 'zero' | 'end' => (text.config.values.hidden_act === 'gelu' ? 'zero' : 'end');

/** What a file of a model lacks. */
export const missingFromCheckpoint = (parts: Checkpoint['parts'], { vae }: PartsOptions = {}): string[] => [
  ...(parts.unet ? [] : ['U-Net']),
  ...(parts.text_encoder ? [] : ['text encoder']),
  ...(parts.vae || vae !== undefined ? [] : ['autoencoder (give one with --vae)']),
];

const fileParts = async (path: string, options: PartsOptions): Promise<ModelParts> => {
  const checkpoint = await openCheckpoint(path, options.configs);
  const missing = missingFromCheckpoint(checkpoint.parts, options);
  if (missing.length > 0) throw new ModelMissingError(`the model file ${path} has no ${missing.join(' and no ')}: ${FORMS}`);
  const [unet, text] = [partOf(checkpoint, 'unet', 'U-Net'), partOf(checkpoint, 'text_encoder', 'text encoder')];
  const autoencoder = options.vae === undefined ? partOf(checkpoint, 'vae', 'autoencoder') : await openVae(options.vae);
  const stated = await statedPrediction(checkpoint.file, unet.config.values);
  const { configs } = options;
  const configNames = configs === undefined ? [] : await filesOf(configs);
  const scheduler =
    configs !== undefined && configNames.includes('scheduler')
      ? await readConfig(join(configs, 'scheduler'), 'scheduler_config.json')
      : { file: `${path} (schedule)`, values: { ...SCHEDULE, prediction_type: stated ?? 'epsilon' } };
  const tokenizer =
    configs !== undefined && configNames.includes('tokenizer')
      ? { files: await readTokenizerFiles(join(configs, 'tokenizer')), place: join(configs, 'tokenizer') }
      : { files: clipTokenizerFiles(paddingOf(text)), place: "CLIP's own" };
  const warnings = checkpoint.averaged ? [`${basename(path)}: its U-Net holds only the averages of training (EMA); they are used`] : [];
  return {
    unet,
    text,
    autoencoder,
    scheduler,
    tokenizer,
    controls: [],
    predictionUnknown: stated === undefined && !configNames.includes('scheduler'),
    configsGuessed: configs === undefined,
    warnings,
  };
};

/**
 * Opens a diffusers folder, or one file with LDM names, which may be the only one of its folder. Weights stay on disk. `model_index.json`
 * is not needed: the parts say themselves what they are.
 * @throws ModelMissingError naming what is not there; ModelConfigError, WeightError, CheckpointError for what cannot be read
 */
export const openParts = async (path: string, options: PartsOptions = {}): Promise<ModelParts> => {
  const kind = await stat(path).catch(() => undefined);
  if (!kind)
    throw new ModelMissingError(
      `there is no model folder or file ${path}: ${FORMS}; \`rerender models list\` shows those that are here, ` +
        '`rerender models get OWNER/NAME` brings one of the hub',
    );
  if (!kind.isDirectory()) return fileParts(path, options);
  const files = await filesOf(path);
  const [checkpoint, ...more] = files.filter(file => /\.(safetensors|ckpt)$/.test(file));
  const alone = checkpoint !== undefined && more.length === 0 && !Object.keys(PARTS).some(part => files.includes(part));
  return alone ? fileParts(join(path, checkpoint), options) : folderParts(path, options);
};
