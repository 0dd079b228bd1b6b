// Reads a diffusers model folder: finds its parts, names what is missing, and builds every graph before anything is run.
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { RerenderError } from '../config/errors.ts';
import { type Autoencoder, openAutoencoder } from './autoencoder.ts';
import { kindOf, type ModelKind } from './model-kind.ts';
import { clipText, clipTextConfig } from './networks/clip-text.ts';
import { readConfig } from './networks/config.ts';
import { controlNet } from './networks/controlnet.ts';
import { type NetworkFolder, openNetworkFolder } from './networks/folder.ts';
import { type ControlNetConfig, controlNetConfig, type UNetConfig, unetConfig } from './networks/unet-config.ts';
import { type UNetOptions, unet2d } from './networks/unet2d.ts';
import { unet3d } from './networks/unet3d.ts';
import { unet3dConfig } from './networks/unet3d-config.ts';
import type { NetworkGraph } from './onnx/network-graph.ts';
import { readSamplers, type Samplers } from './samplers/samplers.ts';
import { type Embedding, type EmbeddingUse, embeddingRows, embeddingText, newToken, readEmbedding } from './text/embedding.ts';
import { loadTokenizer, type Tokenizer } from './text/tokenizer.ts';
import { ldmPlace } from './weights/lora/ldm-names.ts';
import { mergeLoras } from './weights/lora/merge.ts';
import { type LoraUse, openLora } from './weights/lora/read.ts';
import type { WeightSource } from './weights/weight-source.ts';

/** A model folder is not one, or lacks parts. */
export class ModelMissingError extends RerenderError {
  constructor(message: string, options?: ErrorOptions) {
    super('MODEL_MISSING', 'missing', message, options);
  }
}

/** Everything of a model, read and built, before any session exists. */
export type ModelFolder = {
  readonly folder: string;
  readonly kind: ModelKind;
  readonly unet: { readonly config: UNetConfig; readonly graph: NetworkGraph };
  readonly autoencoder: Autoencoder;
  readonly text: { readonly graph: NetworkGraph; readonly width: number; readonly vocabulary: number; readonly positions: number };
  readonly tokenizer: Tokenizer;
  readonly samplers: Samplers;
  readonly controls: readonly ControlPart[];
  /** What embedding files add to the tokenizer and the text encoder. */
  readonly embeddings: readonly Embedding[];
  /** LoRAs and embeddings in words. */
  readonly adapters: readonly string[];
  /** The text of every config, and what LoRAs and embeddings are known by: for the digest. */
  readonly configs: readonly string[];
  /** What a user should know of files that fit only in part. */
  readonly warnings: readonly string[];
};

export type ControlPart = { readonly folder: string; readonly config: ControlNetConfig; readonly graph: NetworkGraph };

const WEIGHTS = '*.safetensors';

// What has to lie in each subfolder.
const PARTS: Readonly<Record<string, readonly string[]>> = {
  unet: ['config.json', WEIGHTS],
  vae: ['config.json', WEIGHTS],
  text_encoder: ['config.json', WEIGHTS],
  tokenizer: ['vocab.json', 'merges.txt'],
  scheduler: ['scheduler_config.json'],
};

const filesOf = (folder: string): Promise<string[]> => readdir(folder).catch(() => []);

/** The files of `parts` that are not there, as `unet/config.json`. Weights in another format are said to be so. */
const missingFiles = async (folder: string, parts: typeof PARTS): Promise<string[]> => {
  const lists = Object.entries(parts).map(async ([part, needed]) => {
    const files = await filesOf(join(folder, part));
    const absent = needed.filter(file => (file === WEIGHTS ? !files.some(f => f.endsWith('.safetensors')) : !files.includes(file)));
    const pickled = files.find(file => /\.(bin|ckpt|pt)$/.test(file));
    return absent.map(file => join(part, file) + (file === WEIGHTS && pickled ? ` (${pickled} is not read)` : ''));
  });
  return (await Promise.all(lists)).flat();
};

const checkComplete = async (folder: string): Promise<void> => {
  const kind = await stat(folder).catch(() => undefined);
  const shape = `a model is a diffusers folder with ${Object.keys(PARTS).join('/, ')}/`;
  if (!kind) throw new ModelMissingError(`there is no model folder ${folder}: ${shape}`);
  if (!kind.isDirectory()) throw new ModelMissingError(`the model ${folder} is a file: ${shape}`);
  const missing = await missingFiles(folder, PARTS);
  if (missing.length > 0) throw new ModelMissingError(`the model folder ${folder} has no ${missing.join(', ')}: ${shape}`);
};

/** Reads a ControlNet's folder. Throws ModelMissingError when it lacks its config or weights. */
const openControl = async (folder: string): Promise<ControlPart> => {
  const missing = await missingFiles(folder, { '.': ['config.json', WEIGHTS] });
  if (missing.length > 0) throw new ModelMissingError(`the ControlNet folder ${folder} has no ${missing.join(', ')}`);
  const { config: raw, weights } = await openNetworkFolder(folder);
  const config = controlNetConfig(raw);
  return { folder, config, graph: controlNet(config, weights) };
};

/** The U-Net of a folder, of pictures or of clips. */
const buildUNet = ({ config: raw, weights }: NetworkFolder, kind: ModelKind, options: UNetOptions = {}): ModelFolder['unet'] => {
  if (kind === 'video') {
    const config = unet3dConfig(raw);
    return { config, graph: unet3d(config, weights, options) };
  }
  const config = unetConfig(raw);
  return { config, graph: unet2d(config, weights, options) };
};

export type ModelFolderOptions = {
  /** ControlNet folders; without them the model's own `controlnet/` where it has one. */
  readonly controls?: readonly string[];
  readonly unet?: UNetOptions;
  /** LoRAs, merged in this order. */
  readonly loras?: readonly LoraUse[];
  /** Embeddings; their tokens take the ids behind the vocabulary, in this order. */
  readonly embeddings?: readonly EmbeddingUse[];
};

/**
 * Reads all of a model folder; weights stay on disk. `model_index.json` is not needed: the parts say themselves what they are.
 * Throws ModelMissingError with the files that are not there, ModelConfigError for a network or schedule that is not
 * supported, WeightError for weights that do not fit their config, AdapterError for LoRAs and embeddings that do not fit the model.
 */
export const openModelFolder = async (folder: string, options: ModelFolderOptions = {}): Promise<ModelFolder> => {
  await checkComplete(folder);
  const own = (await filesOf(folder)).includes('controlnet') ? [join(folder, 'controlnet')] : [];
  const controlFolders = options.controls ?? own;
  const [unet, text, autoencoder, scheduler, controls, loras, embeddings] = await Promise.all([
    openNetworkFolder(join(folder, 'unet')),
    openNetworkFolder(join(folder, 'text_encoder')),
    openAutoencoder(join(folder, 'vae')),
    readConfig(join(folder, 'scheduler'), 'scheduler_config.json'),
    Promise.all(controlFolders.map(openControl)),
    Promise.all((options.loras ?? []).map(openLora)),
    Promise.all((options.embeddings ?? []).map(readEmbedding)),
  ]);
  const kind = kindOf(unet.config.values);
  const textValues = clipTextConfig(text.config);
  const { width, vocabulary, positions } = textValues;
  const rows = embeddingRows(embeddings, width);
  const tokenizer = await loadTokenizer(join(folder, 'tokenizer'), { tokens: embeddings.map(newToken), firstNewId: vocabulary });
  const unetOf = (weights: WeightSource): ModelFolder['unet'] => buildUNet({ ...unet, weights }, kind, options.unet);
  const textOf = (weights: WeightSource): NetworkGraph => clipText(textValues, weights, rows && { rows });
  const parts = {
    unet: { weights: unet.weights, build: unetOf, ...(kind === 'image' && { ldm: ldmPlace(unetConfig(unet.config)) }) },
    text_encoder: { weights: text.weights, build: textOf },
  };
  const merged = mergeLoras(parts, loras, `the model ${folder}`);
  const configFiles = ['unet', 'vae', 'text_encoder'].map(part => join(folder, part, 'config.json'));
  const tokenizerFiles = PARTS.tokenizer!.map(file => join(folder, 'tokenizer', file));
  const controlFiles = controls.map(control => join(control.folder, 'config.json'));
  const texts = [...configFiles, ...tokenizerFiles, scheduler.file, ...controlFiles].map(file => readFile(file, 'utf8'));
  return {
    folder,
    kind,
    unet: unetOf(merged.unet),
    autoencoder,
    text: { graph: textOf(merged.text_encoder), width, vocabulary: vocabulary + (rows?.dims[0] ?? 0), positions },
    tokenizer,
    samplers: readSamplers(scheduler.values, scheduler.file),
    controls,
    embeddings,
    adapters: [
      ...loras.map(lora => `LoRA ${basename(lora.file)} x ${lora.weight}`),
      ...embeddings.map(({ token, file }) => `${token} (${basename(file)})`),
    ],
    configs: [...(await Promise.all(texts)), ...merged.texts, ...embeddings.map(embeddingText)],
    warnings: merged.warnings,
  };
};
