// Builds every graph of a model, from a folder or one file, before anything is run.

import { basename, resolve } from 'node:path';
import { allInOrder } from '../../config/in-order.ts';
import { type Autoencoder, makeAutoencoder } from '../networks/autoencoder.ts';
import { ModelConfigError, type RawConfig } from '../networks/config.ts';
import { controlHint, controlNet } from '../networks/controlnet.ts';
import type { NetworkFolder } from '../networks/folder.ts';
import { type ControlNetConfig, controlNetConfig, type UNetConfig, unetConfig, withPooledWidth } from '../networks/unet-config.ts';
import { type UNetOptions, unet2d } from '../networks/unet2d.ts';
import { unet3d } from '../networks/unet3d.ts';
import { unet3dConfig } from '../networks/unet3d-config.ts';
import type { NetworkGraph } from '../onnx/network-graph.ts';
import { readSamplers, type Samplers } from '../samplers/samplers.ts';
import type { Prediction, Spacing } from '../samplers/schedule.ts';
import { type Embedding, type EmbeddingUse, embeddingRows, embeddingText, newToken, readEmbedding } from '../text/embedding.ts';
import { ldmPlace } from '../weights/lora/ldm-names.ts';
import { type LoraPart, mergeLoras } from '../weights/lora/merge.ts';
import type { Component } from '../weights/lora/names.ts';
import { type LoraUse, openLora } from '../weights/lora/read.ts';
import { WeightError, type WeightSource } from '../weights/weight-source.ts';
import { type FewSteps, fewSteps } from './few-steps.ts';
import { kindOf, type ModelKind } from './model-kind.ts';
import { type ModelParts, openPartAt, openParts, type PartsOptions } from './model-parts.ts';
import { buildText, planTexts, type TextPart, textGraph } from './text-parts.ts';

/** Everything of a model, read and built, before any session exists. */
export type ModelFolder = {
  readonly folder: string;
  readonly kind: ModelKind;
  readonly unet: { readonly config: UNetConfig; readonly graph: NetworkGraph };
  readonly autoencoder: Autoencoder;
  /** One, or SDXL's two. */
  readonly texts: readonly TextPart[];
  /** Whether the U-Net reads pooled text and sizes, too. */
  readonly sdxl: boolean;
  /** Whether a prompt that is absent is all zeros to the U-Net, in place of what the empty prompt is. */
  readonly zeroForMissing: boolean;
  readonly samplers: Samplers;
  /** The samplers, should the U-Net predict something else. */
  readonly samplersOf: (prediction: Prediction) => Samplers;
  /** What says what the U-Net predicts, in words. */
  readonly predictionBy: string | undefined;
  /** What says that the schedule ends in pure noise, where it does. */
  readonly zeroSnrBy: string;
  /** Whether nothing says what the U-Net predicts, so that it has to be measured; see `measurePrediction`. */
  readonly predictionUnknown: boolean;
  readonly controls: readonly ControlPart[];
  /** What embedding files add to the tokenizer and the text encoder. */
  readonly embeddings: readonly Embedding[];
  /** LoRAs and embeddings in words. */
  readonly adapters: readonly string[];
  /** The text of every config, and what LoRAs and embeddings are known by: for the digest. */
  readonly configs: readonly string[];
  /** The model and its LoRAs, as far as they are made for few steps; LoRAs of weight 0 are left out. */
  readonly fewSteps: readonly FewSteps[];
  /** Where the parts lie, for messages. */
  readonly places: Readonly<Record<'unet' | 'autoencoder', string>>;
  /** What a user should know of files that fit only in part. */
  readonly warnings: readonly string[];
};

export type ControlPart = {
  readonly folder: string;
  readonly raw: RawConfig;
  readonly config: ControlNetConfig;
  readonly graph: NetworkGraph;
  /** What reads its control image. */
  readonly hint: NetworkGraph;
};

/** Reads a ControlNet's folder or file. Throws ModelMissingError when it lacks its config or weights. */
const openControl = async (path: string, pooledWidth: number | undefined): Promise<ControlPart> => {
  const { config: raw, weights } = await openPartAt(path, 'controlnet', 'ControlNet');
  if (/shuffle/i.test(basename(path)) && !('global_pool_conditions' in raw.values)) {
    throw new ModelConfigError(
      `${path}: its name says that it is a shuffle ControlNet, whose residuals are averaged, which is not supported`,
    );
  }
  const read = controlNetConfig(raw);
  const config = pooledWidth === undefined ? read : withPooledWidth(read, pooledWidth);
  return { folder: path, raw, config, graph: controlNet(config, weights), hint: controlHint(config, weights) };
};

/** The U-Net of a folder, of an image or a video model. */
const buildUNet = (
  { config: raw, weights }: NetworkFolder,
  kind: ModelKind,
  pooledWidth: number | undefined,
  options: UNetOptions = {},
): ModelFolder['unet'] => {
  if (kind === 'video') {
    const config = unet3dConfig(raw);
    return { config, graph: unet3d(config, weights, options) };
  }
  const read = unetConfig(raw);
  const config = pooledWidth === undefined ? read : withPooledWidth(read, pooledWidth);
  return { config, graph: unet2d(config, weights, options) };
};

export type ModelFolderOptions = PartsOptions & {
  /** ControlNet folders or files; without them the model's own `controlnet/` where it has one. */
  readonly controls?: readonly string[];
  readonly unet?: UNetOptions;
  /** What the U-Net predicts, in place of what the model's files say. */
  readonly prediction?: Prediction | undefined;
  /** Which timesteps the steps visit, in place of what the model's files say. */
  readonly spacing?: Spacing | undefined;
  /** LoRAs, merged in this order. */
  readonly loras?: readonly LoraUse[];
  /** Embeddings; their tokens take the ids behind the vocabulary, in this order. */
  readonly embeddings?: readonly EmbeddingUse[];
};

const buildModel = async (folder: string, parts: ModelParts, options: ModelFolderOptions): Promise<ModelFolder> => {
  const { unet, scheduler, sdxl } = parts;
  const plans = planTexts(parts.texts, sdxl);
  const pooledWidth = sdxl ? plans.at(-1)?.config.projectionWidth : undefined;
  const [controls, loras, embeddings] = await allInOrder([
    allInOrder((options.controls ?? parts.controls).map(path => openControl(path, pooledWidth))),
    allInOrder((options.loras ?? []).map(openLora)),
    allInOrder((options.embeddings ?? []).map(readEmbedding)),
  ]);
  const kind = kindOf(unet.config.values);
  const rows = embeddingRows(
    embeddings,
    plans.map(({ component, config }) => ({ second: component === 'text_encoder_2', width: config.width })),
  );
  const unetOf = (weights: WeightSource): ModelFolder['unet'] => buildUNet({ ...unet, weights }, kind, pooledWidth, options.unet);
  const mergeable: Partial<Record<Component, LoraPart>> = {
    unet: { weights: unet.weights, build: unetOf, ...(kind === 'image' && { ldm: ldmPlace(unetConfig(unet.config)) }) },
    ...Object.fromEntries(
      plans.map(({ component, network: { weights }, config, reading }, i): [Component, LoraPart] => [
        component,
        // All layers: files change the last one, too, which SDXL does not read of its first encoder.
        { weights, build: from => textGraph(config, from, reading === 'penultimate' ? 'last' : reading, { rows: rows[i] }) },
      ]),
    ),
  };
  const merged = mergeLoras(mergeable as Record<Component, LoraPart>, loras, `the model ${folder}`);
  const tokens = embeddings.map(newToken);
  const texts = plans.map((plan, i) => buildText(plan, merged[plan.component], { rows: rows[i], tokens }));
  const { spacing } = options;
  const schedule = { ...scheduler.values, ...(spacing && { timestep_spacing: spacing }) };
  const samplersOf = (prediction?: Prediction): Samplers =>
    readSamplers({ ...schedule, ...(prediction && { prediction_type: prediction }) }, scheduler.file);
  return {
    folder,
    kind,
    unet: unetOf(merged.unet),
    autoencoder: makeAutoencoder(parts.autoencoder),
    texts,
    sdxl,
    zeroForMissing: parts.zeroForMissing,
    samplers: samplersOf(options.prediction),
    samplersOf,
    predictionBy: parts.predictionBy,
    zeroSnrBy: parts.scheduleRead ? basename(scheduler.file) : 'its tensor ztsnr',
    predictionUnknown: parts.predictionUnknown && options.prediction === undefined,
    controls,
    embeddings,
    adapters: [
      ...loras.map(lora => `LoRA ${basename(lora.file)} x ${lora.weight}`),
      ...embeddings.map(({ token, file }) => `${token} (${basename(file)})`),
    ],
    configs: [
      ...configTexts(parts, controls),
      ...(options.prediction ? [options.prediction] : []),
      ...(spacing ? [spacing] : []),
      ...merged.texts,
      ...embeddings.map(embeddingText),
    ],
    fewSteps: [
      fewSteps({
        path: resolve(folder),
        marks: parts.marks,
        unet: unet.config.values,
        ...(parts.scheduleRead && { scheduler: scheduler.values }),
      }),
      ...loras.filter(({ weight }) => weight !== 0).map(({ path, marks }) => fewSteps({ path, marks })),
    ].filter(found => found !== undefined),
    places: { unet: unet.place, autoencoder: parts.autoencoder.place },
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

/** The text of every config and tokenizer, for the digest. */
const configTexts = (parts: ModelParts, controls: readonly ControlPart[]): string[] => {
  const { unet, autoencoder, scheduler, texts, sdxl, zeroForMissing } = parts;
  const networks = [unet, autoencoder, ...texts.map(({ network }) => network), ...controls.map(({ raw }) => ({ config: raw }))];
  const tokenizers = texts.flatMap(({ tokenizer: { files } }) => {
    const { vocabulary, merges, special, added } = files;
    return [[...vocabulary], [...merges.keys()], [...special], [...added]];
  });
  const values = [...networks.map(({ config }) => config.values), scheduler.values, ...tokenizers, ...(sdxl ? [{ zeroForMissing }] : [])];
  return values.map(value => JSON.stringify(value));
};
