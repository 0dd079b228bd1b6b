// The parts of a model, wherever they lie: in the subfolders of a diffusers folder, or in one file.

import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { RerenderError } from '../../config/errors.ts';
import { allInOrder } from '../../config/in-order.ts';
import { type RawConfig, readConfig } from '../networks/config.ts';
import { type NetworkFolder, openNetworkFolder } from '../networks/folder.ts';
import { readTokenizerFiles, tokenizerMissing } from '../text/tokenizer-files.ts';
import { type FileMarks, fileMarks } from '../weights/file-marks.ts';
import { hasWeights } from '../weights/folder-weights.ts';
import { statedPrediction, statedZeroSnr } from '../weights/stated-prediction.ts';
import { type Checkpoint, CheckpointError, openCheckpoint, partOf } from './checkpoint.ts';
import { familySchedule, fileTexts, foreignScale, missingTexts, scaledFor } from './file-parts.ts';
import { isSdxl } from './model-kind.ts';
import { strangerFolder } from './strangers.ts';
import type { TextFiles } from './text-parts.ts';

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
  /** One, or SDXL's two. */
  readonly texts: readonly TextFiles[];
  /** Whether the U-Net is of SDXL's family. */
  readonly sdxl: boolean;
  /** Whether a prompt that is absent is all zeros. */
  readonly zeroForMissing: boolean;
  readonly autoencoder: NetworkFolder;
  readonly scheduler: RawConfig;
  /** Whether the schedule is a config's; without one it is what the family was trained with. */
  readonly scheduleRead: boolean;
  /** What says what the U-Net predicts, in words; undefined where nothing does. */
  readonly predictionBy: string | undefined;
  /** What a file's metadata says. */
  readonly marks: FileMarks;
  /** Paths of ControlNets that belong to the model. */
  readonly controls: readonly string[];
  /** Whether nothing says what the U-Net predicts, so that it has to be measured; the scheduler then says epsilon. */
  readonly predictionUnknown: boolean;
  /** Whether configs are told from the dims of the weights, by the rules of Stable Diffusion. */
  readonly configsGuessed: boolean;
  readonly warnings: readonly string[];
};

const WEIGHTS = '*.safetensors';

const TOKENIZER = /^tokenizer(_2)?$/;

type Needs = Readonly<Record<string, readonly string[]>>;

const NETWORK = ['config.json', WEIGHTS];

// What has to lie in each subfolder; of a tokenizer, one file may stand for both.
const FIRST_TEXT: Needs = { text_encoder: NETWORK, tokenizer: tokenizerMissing([]) };
const SECOND_TEXT: Needs = { text_encoder_2: NETWORK, tokenizer_2: tokenizerMissing([]) };
const PARTS: Needs = { unet: NETWORK, vae: NETWORK, ...FIRST_TEXT, scheduler: ['scheduler_config.json'] };

/** What a folder's U-Net needs of text: SDXL's has two encoders, a refiner's only the second, which alone is as wide as it attends. */
const textNeeds = async (folder: string): Promise<{ readonly sdxl: boolean; readonly needs: readonly Needs[] }> => {
  const valuesOf = (part: string) =>
    readConfig(join(folder, part)).then(
      ({ values }) => values,
      () => ({}) as RawConfig['values'],
    );
  const unet = await valuesOf('unet');
  if (!isSdxl(unet)) return { sdxl: false, needs: [FIRST_TEXT] };
  const second = await valuesOf('text_encoder_2');
  const alone = second.hidden_size !== undefined && second.hidden_size === unet.cross_attention_dim;
  return { sdxl: true, needs: alone ? [SECOND_TEXT] : [FIRST_TEXT, SECOND_TEXT] };
};

const FORMS = `a model is a diffusers folder with ${Object.keys(PARTS).join('/, ')}/, or one .safetensors or .ckpt file`;

const filesOf = (folder: string): Promise<string[]> => readdir(folder).catch(() => []);

/** The files of `parts` that are not there, as `unet/config.json`. */
const missingFiles = async (folder: string, parts: Needs): Promise<string[]> => {
  const lists = Object.entries(parts).map(async ([part, needed]) => {
    const files = await filesOf(join(folder, part));
    const absent = TOKENIZER.test(part)
      ? tokenizerMissing(files)
      : needed.filter(file => (file === WEIGHTS ? !hasWeights(files) : !files.includes(file)));
    return absent.map(file => join(part, file));
  });
  return (await allInOrder(lists)).flat();
};

/** The files that a model folder lacks, given what comes from elsewhere. */
export const missingFromFolder = async (folder: string, { vae }: PartsOptions = {}): Promise<string[]> => {
  const { needs } = await textNeeds(folder);
  const { unet = [], scheduler = [] } = PARTS;
  const all: Needs = { unet, ...(vae === undefined && { vae: NETWORK }), ...Object.assign({}, ...needs), scheduler };
  return missingFiles(folder, all);
};

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
  const other = await strangerFolder(folder);
  if (other !== undefined) throw new CheckpointError(`${folder}: ${other}`);
  const missing = await missingFromFolder(folder, options);
  const { sdxl, needs } = await textNeeds(folder);
  const forms = sdxl ? SDXL_FORM : FORMS;
  if (missing.length > 0) throw new ModelMissingError(`the model folder ${folder} has no ${missing.join(', ')}: ${forms}`);
  const part = (name: string): Promise<NetworkFolder> =>
    openNetworkFolder(join(folder, name), options.variant).then(opened => ({ ...opened, place: `${name}/` }));
  const text = async (component: TextFiles['component'], tokenizer: string): Promise<TextFiles> => {
    const [network, files] = await allInOrder([part(component), readTokenizerFiles(join(folder, tokenizer))]);
    return { component, network, tokenizer: { files, place: `${tokenizer}/` } };
  };
  const [unet, texts, autoencoder, scheduler, names] = await allInOrder([
    part('unet'),
    allInOrder([
      ...(needs.includes(FIRST_TEXT) ? [text('text_encoder', 'tokenizer')] : []),
      ...(needs.includes(SECOND_TEXT) ? [text('text_encoder_2', 'tokenizer_2')] : []),
    ]),
    options.vae === undefined ? part('vae') : openVae(options.vae),
    readConfig(join(folder, 'scheduler'), 'scheduler_config.json'),
    filesOf(folder),
  ]);
  const controls = names.includes('controlnet') ? [join(folder, 'controlnet')] : [];
  const zeroForMissing = sdxl && (await zerosIn(folder, names));
  return {
    unet,
    texts,
    sdxl,
    zeroForMissing,
    autoencoder: scaledFor(sdxl, autoencoder),
    scheduler,
    scheduleRead: true,
    predictionBy: SCHEDULER,
    marks: {},
    controls,
    predictionUnknown: false,
    configsGuessed: false,
    warnings: options.vae === undefined ? [] : foreignScale(sdxl, autoencoder),
  };
};

const SCHEDULER = 'scheduler_config.json';

const SDXL_FORM = "an SDXL folder has text_encoder_2/ and tokenizer_2/, too, and the U-Net's config says that it is one";

/** What SDXL's pipeline does with an absent prompt: zeros, unless model_index.json says that it is the empty one. */
const zerosIn = async (folder: string, names: readonly string[]): Promise<boolean> => {
  if (!names.includes('model_index.json')) return true;
  const { values } = await readConfig(folder, 'model_index.json');
  return values.force_zeros_for_empty_prompt !== false;
};

/** What a file of a model lacks. */
export const missingFromCheckpoint = (parts: Checkpoint['parts'], { vae }: PartsOptions = {}): string[] => [
  ...(parts.unet ? [] : ['U-Net']),
  ...missingTexts(parts),
  ...(parts.vae || vae !== undefined ? [] : ['autoencoder (give one with --vae)']),
];

const fileParts = async (path: string, options: PartsOptions): Promise<ModelParts> => {
  const checkpoint = await openCheckpoint(path, options.configs);
  const missing = missingFromCheckpoint(checkpoint.parts, options);
  if (missing.length > 0) throw new ModelMissingError(`the model file ${path} has no ${missing.join(' and no ')}: ${FORMS}`);
  const unet = partOf(checkpoint, 'unet', 'U-Net');
  const sdxl = isSdxl(unet.config.values);
  const autoencoder = options.vae === undefined ? partOf(checkpoint, 'vae', 'autoencoder') : await openVae(options.vae);
  const stated = await statedPrediction(checkpoint.file, unet.config.values);
  const { configs } = options;
  const configNames = configs === undefined ? [] : await filesOf(configs);
  const texts = await fileTexts(checkpoint, { sdxl, folder: configs ?? '', names: configNames });
  const scheduleRead = configNames.includes('scheduler');
  const scheduler = scheduleRead
    ? await readConfig(join(configs ?? '', 'scheduler'), 'scheduler_config.json')
    : { file: `${path} (schedule)`, values: familySchedule(sdxl, stated?.prediction ?? 'epsilon', statedZeroSnr(checkpoint.file)) };
  const averaged = checkpoint.averaged ? [`${basename(path)}: its U-Net holds only the averages of training (EMA); they are used`] : [];
  return {
    unet,
    texts,
    sdxl,
    zeroForMissing: sdxl && texts.length > 1,
    autoencoder: scaledFor(sdxl, autoencoder),
    scheduler,
    scheduleRead,
    predictionBy: scheduleRead ? SCHEDULER : stated?.by,
    marks: fileMarks(checkpoint.file),
    controls: [],
    predictionUnknown: stated === undefined && !scheduleRead,
    configsGuessed: configs === undefined,
    warnings: [...averaged, ...(options.vae === undefined ? [] : foreignScale(sdxl, autoencoder))],
  };
};

/** The one file of weights that a folder without a model's subfolders holds; undefined for every other folder. */
export const onlyCheckpoint = async (folder: string): Promise<string | undefined> => {
  const files = await filesOf(folder);
  const [checkpoint, ...more] = files.filter(file => /\.(safetensors|ckpt)$/.test(file));
  const parts = [...Object.keys(PARTS), ...Object.keys(SECOND_TEXT)];
  const alone = checkpoint !== undefined && more.length === 0 && !parts.some(part => files.includes(part));
  return alone ? join(folder, checkpoint) : undefined;
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
  const file = kind.isDirectory() ? await onlyCheckpoint(path) : path;
  return file === undefined ? folderParts(path, options) : fileParts(file, options);
};
