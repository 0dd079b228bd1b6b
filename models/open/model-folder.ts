// Builds every graph of a model, from a folder or one file, before anything is run.

import { basename } from 'node:path';
import { allInOrder } from '../../config/in-order.ts';
import { type Autoencoder, makeAutoencoder } from '../networks/autoencoder.ts';
import { clipText, clipTextConfig } from '../networks/clip-text.ts';
import { ModelConfigError, type RawConfig } from '../networks/config.ts';
import { controlNet } from '../networks/controlnet.ts';
import type { NetworkFolder } from '../networks/folder.ts';
import { type ControlNetConfig, controlNetConfig, type UNetConfig, unetConfig } from '../networks/unet-config.ts';
import { type UNetOptions, unet2d } from '../networks/unet2d.ts';
import { unet3d } from '../networks/unet3d.ts';
import { unet3dConfig } from '../networks/unet3d-config.ts';
import type { NetworkGraph } from '../onnx/network-graph.ts';
import { readSamplers, type Samplers } from '../samplers/samplers.ts';
import type { Prediction } from '../samplers/schedule.ts';
import { type Embedding, type EmbeddingUse, embeddingRows, embeddingText, newToken, readEmbedding } from '../text/embedding.ts';
import { makeTokenizer, type Tokenizer } from '../text/tokenizer.ts';
import { ldmPlace } from '../weights/lora/ldm-names.ts';
import { mergeLoras } from '../weights/lora/merge.ts';
import { type LoraUse, openLora } from '../weights/lora/read.ts';
import { WeightError, type WeightSource } from '../weights/weight-source.ts';
import { kindOf, type ModelKind } from './model-kind.ts';
import { type ModelParts, openPartAt, openParts, type PartsOptions } from './model-parts.ts';

/** Everything of a model, read and built, before any session exists. */
export type ModelFolder = {
  readonly folder: string;
  readonly kind: ModelKind;
  readonly unet: { readonly config: UNetConfig; readonly graph: NetworkGraph };
  readonly autoencoder: Autoencoder;
  readonly text: { readonly graph: NetworkGraph; readonly width: number; readonly vocabulary: number; readonly positions: number };
  readonly tokenizer: Tokenizer;
  readonly samplers: Samplers;
  /** The samplers, should the U-Net predict something else. */
  readonly samplersOf: (prediction: Prediction) => Samplers;
  /** Whether nothing says what the U-Net predicts, so that it has to be measured; see `measurePrediction`. */
  readonly predictionUnknown: boolean;
  readonly controls: readonly ControlPart[];
  /** What embedding files add to the tokenizer and the text encoder. */
  readonly embeddings: readonly Embedding[];
  /** LoRAs and embeddings in words. */
  readonly adapters: readonly string[];
  /** The text of every config, and what LoRAs and embeddings are known by: for the digest. */
  readonly configs: readonly string[];
  /** Where the parts lie, for messages. */
  readonly places: Readonly<Record<'unet' | 'autoencoder' | 'text' | 'tokenizer', string>>;
  /** What a user should know of files that fit only in part. */
  readonly warnings: readonly string[];
};

export type ControlPart = {
  readonly folder: string;
  readonly raw: RawConfig;
  readonly config: ControlNetConfig;
  readonly graph: NetworkGraph;
};

/** Reads a ControlNet's folder or file. Throws ModelMissingError when it lacks its config or weights. */
const openControl = async (path: string): Promise<ControlPart> => {
  const { config: raw, weights } = await openPartAt(path, 'controlnet', 'ControlNet');
  if (/shuffle/i.test(basename(path)) && !('global_pool_conditions' in raw.values)) {
    throw new ModelConfigError(
      `${path}: its name says that it is a shuffle ControlNet, whose residuals are averaged, which is not supported`,
    );
  }
  const config = controlNetConfig(raw);
  return { folder: path, raw, config, graph: controlNet(config, weights) };
};

/** The U-Net of a folder, of an image or a video model. */
const buildUNet = ({ config: raw, weights }: NetworkFolder, kind: ModelKind, options: UNetOptions = {}): ModelFolder['unet'] => {
  if (kind === 'video') {
    const config = unet3dConfig(raw);
    return { config, graph: unet3d(config, weights, options) };
  }
  const config = unetConfig(raw);
  return { config, graph: unet2d(config, weights, options) };
};

export type ModelFolderOptions = PartsOptions & {
  /** ControlNet folders or files; without them the model's own `controlnet/` where it has one. */
  readonly controls?: readonly string[];
  readonly unet?: UNetOptions;
  /** What the U-Net predicts, in place of what the model's files say. */
  readonly prediction?: Prediction | undefined;
  /** LoRAs, merged in this order. */
  readonly loras?: readonly LoraUse[];
  /** Embeddings; their tokens take the ids behind the vocabulary, in this order. */
  readonly embeddings?: readonly EmbeddingUse[];
};

const buildModel = async (folder: string, parts: ModelParts, options: ModelFolderOptions): Promise<ModelFolder> => {
  const { unet, text, scheduler } = parts;
  const [controls, loras, embeddings] = await allInOrder([
    allInOrder((options.controls ?? parts.controls).map(openControl)),
    allInOrder((options.loras ?? []).map(openLora)),
    allInOrder((options.embeddings ?? []).map(readEmbedding)),
  ]);
  const kind = kindOf(unet.config.values);
  const textValues = clipTextConfig(text.config);
  const { width, vocabulary, positions } = textValues;
  const rows = embeddingRows(embeddings, width);
  const tokenizer = makeTokenizer(parts.tokenizer.files, { tokens: embeddings.map(newToken), firstNewId: vocabulary });
  const unetOf = (weights: WeightSource): ModelFolder['unet'] => buildUNet({ ...unet, weights }, kind, options.unet);
  const textOf = (weights: WeightSource): NetworkGraph => clipText(textValues, weights, rows && { rows });
  const mergeable = {
    unet: { weights: unet.weights, build: unetOf, ...(kind === 'image' && { ldm: ldmPlace(unetConfig(unet.config)) }) },
    text_encoder: { weights: text.weights, build: textOf },
  };
  const merged = mergeLoras(mergeable, loras, `the model ${folder}`);
  const samplersOf = (prediction?: Prediction): Samplers =>
    readSamplers({ ...scheduler.values, ...(prediction && { prediction_type: prediction }) }, scheduler.file);
  const configs = [unet, parts.autoencoder, text, ...controls.map(({ raw }) => ({ config: raw }))].map(({ config }) => config.values);
  const { vocabulary: words, merges, special, added } = parts.tokenizer.files;
  const texts = [...configs, scheduler.values, [...words], [...merges.keys()], [...special], [...added]].map(value =>
    JSON.stringify(value),
  );
  return {
    folder,
    kind,
    unet: unetOf(merged.unet),
    autoencoder: makeAutoencoder(parts.autoencoder),
    text: { graph: textOf(merged.text_encoder), width, vocabulary: vocabulary + (rows?.dims[0] ?? 0), positions },
    tokenizer,
    samplers: samplersOf(options.prediction),
    samplersOf,
    predictionUnknown: parts.predictionUnknown && options.prediction === undefined,
    controls,
    embeddings,
    adapters: [
      ...loras.map(lora => `LoRA ${basename(lora.file)} x ${lora.weight}`),
      ...embeddings.map(({ token, file }) => `${token} (${basename(file)})`),
    ],
    configs: [...texts, ...(options.prediction ? [options.prediction] : []), ...merged.texts, ...embeddings.map(embeddingText)],
    places: {
      unet: unet.place,
      autoencoder: parts.autoencoder.place,
      text: text.place,
      tokenizer: parts.tokenizer.place,
    },
    warnings: [...parts.warnings, ...merged.warnings],
  };
};

/** Where weights are not of the shapes that their own dims promise, the guess is what may be wrong: says what to give in its place. */
const withConfigHint = (error: unknown): unknown => {
  if (!(error instanceof ModelConfigError || error instanceof WeightError)) return error;
  const message =
    `${error.message}; its configs are read off its weights by the rules of Stable Diffusion 1 and 2: where it is another network, ` +
    'give a diffusers folder with its configs by --model-config';
  return error instanceof WeightError ? new WeightError(message, { cause: error }) : new ModelConfigError(message, { cause: error });
};

/**
 * Reads all of a model, a diffusers folder or one file; weights stay on disk.
 * Throws ModelMissingError with the files that are not there, CheckpointError for a file of another family, ModelConfigError for a network
 * or schedule that is not supported, WeightError for weights that do not fit their config, AdapterError for LoRAs and embeddings that do
 * not fit the model.
 */
export const openModelFolder = async (folder: string, options: ModelFolderOptions = {}): Promise<ModelFolder> => {
  const parts = await openParts(folder, options);
  return buildModel(folder, parts, options).catch(error => {
    throw parts.configsGuessed ? withConfigHint(error) : error;
  });
};
