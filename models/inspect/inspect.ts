// Tells what a folder or file of weights is, what it holds and lacks, and what running it takes. Only headers and configs are read.

import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { RerenderError } from '../../config/errors.ts';
import { allInOrder } from '../../config/in-order.ts';
import { readConfig } from '../networks/config.ts';
import { type NetworkFolder, openNetworkFolder } from '../networks/folder.ts';
import { type Checkpoint, type PartName, readCheckpoint } from '../open/checkpoint.ts';
import { checkFit } from '../open/model-fit.ts';
import { type ModelFolder, openModelFolder } from '../open/model-folder.ts';
import { ModelMissingError, missingFromCheckpoint, missingFromFolder } from '../open/model-parts.ts';
import { stranger, strangerFolder, strangerText } from '../open/strangers.ts';
import type { Prediction } from '../samplers/schedule.ts';
import { elements } from '../tensor.ts';
import { type ControlVariant, controlVariant } from '../weights/control-variants.ts';
import { openWeights, type WeightFile } from '../weights/open-weights.ts';
import type { TensorInfo, WeightSource, WeightType } from '../weights/weight-source.ts';
import { type Family, familyOf } from './family.ts';
import { drawingMemory } from './memory.ts';
import { type Recognised, recognisedControl, recognisedEmbedding, recognisedLora, recognisedModel } from './recognised.ts';

/** What a folder or a file of weights is. */
export type InspectedKind =
  | Family
  | 'controlnet'
  | ControlVariant['kind']
  | 'autoencoder'
  | 'text-encoder'
  | 'unet'
  | 'lora'
  | 'embedding'
  | 'unknown';

/** One network, or the tensors of a file that is none. */
export type InspectedPart = {
  readonly name: string;
  /** diffusers' or transformers' class, where a config names it. */
  readonly type?: string;
  readonly parameters: number;
  /** On disk. */
  readonly bytes: number;
  /** Element types, the one with the most numbers first. */
  readonly dtypes: readonly WeightType[];
};

/** What a folder or a file of weights holds and lacks. */
export type Inspection = {
  readonly path: string;
  readonly kind: InspectedKind;
  readonly form: 'folder' | 'file';
  readonly parts: readonly InspectedPart[];
  /** What it was recognised as, and by what. */
  readonly recognised: readonly Recognised[];
  /** What the U-Net predicts; undefined where there is none, or nothing says it. */
  readonly prediction?: Prediction;
  /** What a run would still need, as `vae/config.json`. */
  readonly missing: readonly string[];
  /** Why a run would refuse it, although all is there. */
  readonly problems: readonly string[];
  /** Bytes that drawing 512 x 512 takes, estimated; for whole models. See docs/models.md. */
  readonly memory?: number;
};

const describe = (name: string, tensors: readonly TensorInfo[], type?: unknown): InspectedPart => {
  const counts = new Map<WeightType, number>();
  for (const { dtype, dims } of tensors) counts.set(dtype, (counts.get(dtype) ?? 0) + elements(dims));
  return {
    name,
    ...(typeof type === 'string' && { type }),
    parameters: [...counts.values()].reduce((sum, n) => sum + n, 0),
    bytes: tensors.reduce((sum, { length }) => sum + length, 0),
    dtypes: [...counts].sort((a, b) => b[1] - a[1]).map(([dtype]) => dtype),
  };
};

const tensorsOf = (weights: WeightSource): TensorInfo[] => [...weights.names()].flatMap(name => weights.find(name, []) ?? []);

const describePart = (name: string, { config: { values }, weights }: NetworkFolder): InspectedPart =>
  describe(name, tensorsOf(weights), values._class_name ?? (Array.isArray(values.architectures) ? values.architectures[0] : undefined));

/** Kinds of a single network, by its config's class. */
const CLASSES: ReadonlyMap<unknown, InspectedKind> = new Map([
  ['ControlNetModel', 'controlnet'],
  ['AutoencoderKL', 'autoencoder'],
  ['AutoencoderTiny', 'autoencoder'],
  ['AutoencoderDC', 'autoencoder'],
  ['UNet2DConditionModel', 'unet'],
  ['UNet3DConditionModel', 'unet'],
]);

const kindOfNetwork = ({ config: { values } }: NetworkFolder): InspectedKind =>
  CLASSES.get(values._class_name) ?? (values.model_type === 'clip_text_model' ? 'text-encoder' : 'unknown');

/** Kinds of files with a part that stands by itself. */
const ALONE: Readonly<Record<PartName, InspectedKind>> = {
  controlnet: 'controlnet',
  vae: 'autoencoder',
  text_encoder: 'text-encoder',
  text_encoder_2: 'text-encoder',
  unet: 'unet',
};

const messageOf = (error: unknown): string => {
  if (error instanceof RerenderError) return error.message;
  throw error;
};

type Verdict = Pick<Inspection, 'problems' | 'recognised' | 'prediction' | 'memory'>;

type Found = Omit<Inspection, 'path' | 'form'>;

/** A refiner is whole, and draws nothing by itself. */
const refinerAlone = ({ sdxl, texts }: ModelFolder): string[] =>
  sdxl && texts.length === 1 ? ["is SDXL's refiner, which only finishes what SDXL begins: no main model"] : [];

/** Builds every graph of a whole model, as a run would before it starts. */
const tryModel = async (path: string, family: Family): Promise<Verdict> => {
  try {
    const model = await openModelFolder(path, { controls: [] });
    checkFit(model);
    const prediction = model.predictionUnknown ? {} : { prediction: model.samplers.schedule.prediction };
    const recognised = await recognisedModel(path, model, family);
    return { problems: refinerAlone(model), recognised, ...prediction, memory: drawingMemory(model) };
  } catch (error) {
    return { problems: error instanceof ModelMissingError ? [] : [messageOf(error)], recognised: [] };
  }
};

const EMBEDDING_KEY = /^(emb_params|string_to_param\..+|<[^>]+>(\.weight)?|clip_[lg])$/;
const WEB_UI_KEY = /^string_to_param\./;

/** Whether a name is one of a LoRA's tensors: `lora_`, and behind it which of them it is. */
const isLoraKey = (name: string): boolean => {
  const mark = /^lora_|\.lora_|_lora\./.exec(name);
  const behind = mark ? name.slice(mark.index + mark[0].length) : '';
  return /down|up|A|B|weight|alpha/.test(behind) || /\.alpha$|lora_unet|lora_te/.test(name);
};

/** A file that is no network: an adapter, or nothing that is known. */
const adapterKind = ({ tensors }: WeightFile): InspectedKind => {
  if (tensors.some(({ name }) => isLoraKey(name))) return 'lora';
  const [only, ...more] = tensors;
  if (tensors.some(({ name }) => EMBEDDING_KEY.test(name))) return 'embedding';
  return only && more.length === 0 && only.dims.length <= 2 && [768, 1024].includes(only.dims.at(-1) ?? 0) ? 'embedding' : 'unknown';
};

const inspectCheckpoint = async ({ path, parts, file }: Checkpoint): Promise<Found> => {
  const described = Object.entries(parts).map(([name, part]) => describePart(name, part));
  const names = Object.keys(parts) as PartName[];
  const [first] = names;
  if (first === undefined) {
    const vectors = file.tensors.filter(({ name }) => WEB_UI_KEY.test(name)); // beside them lie token ids
    return {
      ...(await adapter(path, adapterKind(file), file.tensors)),
      parts: [describe('tensors', vectors.length > 0 ? vectors : file.tensors)],
      missing: [],
    };
  }
  const whole = parts.unet !== undefined && names.length > 1 && names.some(name => name !== 'controlnet');
  if (!parts.unet || !whole) {
    const alone = parts.controlnet ? 'controlnet' : first;
    const recognised = parts.controlnet ? recognisedControl(parts.controlnet.config.values) : [];
    return { kind: ALONE[alone], parts: described, missing: [], problems: [], recognised };
  }
  const missing = missingFromCheckpoint(parts);
  const family = familyOf(parts.unet.config.values);
  return { kind: family, parts: described, missing, ...(await verdictOf(path, family, missing)) };
};

const verdictOf = async (path: string, family: Family, missing: readonly string[]): Promise<Verdict> =>
  missing.length > 0 ? { problems: [], recognised: [] } : tryModel(path, family);

/** What an adapter is for, and why a run would refuse it whatever the model is. */
const adapter = async (
  path: string,
  kind: InspectedKind,
  tensors: readonly TensorInfo[],
): Promise<Pick<Inspection, 'kind' | 'problems' | 'recognised'>> => {
  if (kind === 'embedding') return { kind, problems: [], recognised: recognisedEmbedding(tensors) };
  if (kind !== 'lora') return { kind, problems: [], recognised: [] };
  try {
    return { kind, problems: [], recognised: await recognisedLora(path) };
  } catch (error) {
    return { kind, problems: [messageOf(error)], recognised: [] };
  }
};

const inspectFile = async (path: string): Promise<Found> => {
  const file = await openWeights(path);
  const variant = controlVariant(file.names());
  const rest = { parts: [describe('tensors', file.tensors)], missing: [], recognised: [] };
  if (variant) return { kind: variant.kind, problems: [variant.text], ...rest };
  const other = stranger(file.names());
  if (!other) return inspectCheckpoint(await readCheckpoint(path, file));
  const { kind } = other;
  if (kind === 'lora') return { ...rest, ...(await adapter(path, kind, file.tensors)) };
  return { kind, problems: [strangerText(other)], ...rest };
};

const NETWORKS = ['unet', 'vae', 'text_encoder', 'text_encoder_2', 'controlnet'];
const ADAPTER_FILES: readonly (readonly [RegExp, InspectedKind])[] = [
  [/^pytorch_lora_weights\./, 'lora'],
  [/^learned_embeds\./, 'embedding'],
];

const inspectFolder = async (folder: string): Promise<Found> => {
  const other = await strangerFolder(folder);
  const nothing: Found = { kind: 'unknown', parts: [], missing: [], problems: [], recognised: [] };
  if (other !== undefined) return { ...nothing, problems: [other] };
  const files = await readdir(folder);
  const problems: string[] = [];
  const open = async (name: string): Promise<[string, NetworkFolder] | undefined> => {
    try {
      return [name, await openNetworkFolder(join(folder, name))];
    } catch (error) {
      problems.push(messageOf(error));
      return undefined;
    }
  };
  const subfolders = NETWORKS.filter(name => files.includes(name));
  if (subfolders.includes('unet')) {
    const opened = (await allInOrder(subfolders.map(open))).filter(each => each !== undefined);
    const config = await readConfig(join(folder, 'unet')).catch(() => undefined);
    const missing = await missingFromFolder(folder);
    const verdict = await verdictOf(folder, familyOf(config?.values ?? {}), missing);
    const parts = opened.map(([name, part]) => describePart(name, part));
    const all = missing.length > 0 ? [] : [...new Set([...problems, ...verdict.problems])];
    return { ...verdict, kind: config ? familyOf(config.values) : 'unknown', parts, missing, problems: all };
  }
  if (files.includes('config.json')) {
    const network = (await open('.'))?.[1];
    if (!network) return { ...nothing, problems };
    const kind = kindOfNetwork(network);
    const recognised = kind === 'controlnet' ? recognisedControl(network.config.values) : [];
    return { kind, parts: [describePart(kind, network)], missing: [], problems, recognised };
  }
  for (const [name, kind] of ADAPTER_FILES) {
    const file = files.find(each => name.test(each));
    if (file) return { ...(await inspectFile(join(folder, file))), kind };
  }
  const [checkpoint, ...more] = files.filter(file => /\.(safetensors|ckpt)$/.test(file));
  if (checkpoint !== undefined && more.length === 0) return inspectFile(join(folder, checkpoint));
  return { ...nothing, problems: ['holds neither a diffusers model nor a single file of weights'] };
};

/**
 * Looks at a model folder, a network's folder, or a file of weights.
 * @throws ModelMissingError when there is nothing at `path`, WeightError for a damaged file
 */
export const inspectModel = async (path: string): Promise<Inspection> => {
  const info = await stat(path).catch(() => undefined);
  if (!info) throw new ModelMissingError(`there is no file or folder ${path}`);
  const form = info.isDirectory() ? 'folder' : 'file';
  return { path, form, ...(await (form === 'folder' ? inspectFolder(path) : inspectFile(path))) };
};
