// What a model's files say of it.
import { type AttentionLayer, attentionLayers } from './networks/attention-layers.ts';
import type { UNetOptions } from './networks/unet2d.ts';
import type { NetworkGraph } from './onnx/network-graph.ts';
import type { FewSteps } from './open/few-steps.ts';
import type { ModelFolder } from './open/model-folder.ts';
import type { ModelKind } from './open/model-kind.ts';
import type { Prediction, Spacing } from './samplers/schedule.ts';
import { elements } from './tensor.ts';
import { modelDigest } from './weights/digest.ts';

/** One network of a model. */
export type PartInfo = {
  readonly name: string;
  readonly parameters: number;
  /** On disk. */
  readonly bytes: number;
};

/** What a model's files say of it. */
export type ModelInfo = {
  readonly folder: string;
  readonly kind: ModelKind;
  readonly latentChannels: number;
  /** Pixels of a latent's side: picture sides have to be multiples of it. */
  readonly factor: number;
  readonly prediction: Prediction;
  /** Which timesteps its steps visit; undefined where nothing says it and each sampler has its custom. */
  readonly spacing: Spacing | undefined;
  /** Width of the text states, and tokens a prompt. */
  readonly contextWidth: number;
  /** Whether it is of SDXL's family: it reads pooled text and sizes, too. A refiner has only the second of SDXL's text encoders. */
  readonly sdxl: boolean;
  readonly refiner: boolean;
  readonly tokens: number;
  /** Self-attention of the U-Net's way up, where other frames' states may enter; none in a video model. */
  readonly attention: readonly AttentionLayer[];
  /** Folders of the ControlNets. */
  readonly controls: readonly string[];
  readonly parts: readonly PartInfo[];
  /** A fingerprint of all configs and weights, those of LoRAs and embeddings included; see `modelDigest`. */
  readonly digest: string;
  /** Paths of the files that the networks read their weights from, LoRAs' among them. */
  readonly weightFiles: readonly string[];
  /** LoRAs and embeddings in words: `LoRA ink.safetensors x 0.8`, `<R> (learned_embeds.bin)`. */
  readonly adapters: readonly string[];
  /** The tokens that embeddings bring. */
  readonly newTokens: readonly string[];
  /** The model and its LoRAs, as far as they are made for few steps (Lightning, Turbo, Hyper-SD, LCM), and what says so. */
  readonly fewSteps: readonly FewSteps[];
  /** What a user should know of files that fit only in part. */
  readonly warnings: readonly string[];
};

const partInfo = ({ name, weights }: Pick<NetworkGraph, 'name' | 'weights'>): PartInfo => ({
  name,
  parameters: weights.reduce((sum, { dims }) => sum + elements(dims), 0),
  bytes: weights.reduce((sum, { length }) => sum + length, 0),
});

/** What the files of an opened folder say. */
export const describeModel = async (model: ModelFolder, { thinKeys }: UNetOptions = {}): Promise<ModelInfo> => {
  const { unet, autoencoder, texts, sdxl, samplers, controls } = model;
  const texted = texts.map(({ graph, component }, i) => (i === 0 ? graph : { ...graph, name: `${graph.name} (${component})` }));
  const guides = controls.map(({ graph: { name, weights }, hint }) => ({ name, weights: [...weights, ...hint.weights] }));
  const graphs = [unet.graph, ...guides, autoencoder.encoder, autoencoder.decoder, ...texted];
  const weights = graphs.flatMap(graph => graph.weights);
  return {
    folder: model.folder,
    kind: model.kind,
    latentChannels: autoencoder.latentChannels,
    factor: autoencoder.factor,
    prediction: samplers.schedule.prediction,
    spacing: samplers.schedule.spacing,
    contextWidth: texts.reduce((sum, { width }) => sum + width, 0),
    sdxl,
    refiner: sdxl && texts.length === 1,
    tokens: texts[0]!.tokenizer.length,
    attention: model.kind === 'video' ? [] : attentionLayers(unet.config, { thinKeys }),
    controls: controls.map(c => c.folder),
    parts: graphs.map(partInfo),
    digest: await modelDigest(model.configs, weights),
    weightFiles: [...new Set(weights.map(({ file }) => file))],
    adapters: model.adapters,
    newTokens: model.embeddings.map(({ token }) => token),
    fewSteps: model.fewSteps,
    warnings: model.warnings,
  };
};
