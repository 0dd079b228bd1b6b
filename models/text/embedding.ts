// Reads a textual inversion file: the vectors of one new token, and what the token is called.
import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { type Tensor, tensor } from '../tensor.ts';
import { AdapterError } from '../weights/adapter-error.ts';
import { findAdapterFile } from '../weights/adapter-file.ts';
import { readNumbers } from '../weights/numbers.ts';
import { openWeights, type WeightFile } from '../weights/open-weights.ts';
import type { TensorInfo } from '../weights/weight-source.ts';
import type { NewToken } from './tokenizer.ts';

/** An embedding file, and the token that stands for it where the file's own is not wanted. */
export type EmbeddingUse = { readonly path: string; readonly token?: string };

export type Embedding = {
  readonly file: string;
  /** The word of a prompt that stands for the vectors. */
  readonly token: string;
  /** [count, width]; of SDXL's files those of the first text encoder. */
  readonly vectors: Tensor;
  /** SDXL: as many vectors for the second text encoder. */
  readonly second?: Tensor;
};

const FILE_NAMES = ['learned_embeds.safetensors', 'learned_embeds.bin'];

/**
 * Names that say nothing of the token, which is then the file's: the web UI's for the only tensor of its safetensors files, that of a bare
 * tensor of a torch file, of a list's first, of a torch.nn.Embedding's table.
 */
const NAMELESS = ['emb_params', '', '0', 'weight'];

/** The web UI's torch files: `{ string_to_param: { '*': vectors }, name, step, ... }`. */
const WEB_UI = 'string_to_param';

const MOST_VECTORS = 75; // CLIP's 77 tokens less start and end
const WIDEST = 16_384; // numbers of a vector; the text encoders here have 768 to 1280

const NUMBERS = ['F32', 'F16', 'BF16', 'F64'];

/** The only tensor of a file. */
const onlyTensor = (file: string, tensors: readonly TensorInfo[]): TensorInfo => {
  const names = tensors.map(info => info.name);
  const [info, ...more] = tensors;
  if (!info || more.length > 0) {
    throw new AdapterError(`${file}: holds ${tensors.length} tensors (${names.slice(0, 4).join(', ')}), expects the vectors of one token`);
  }
  return info;
};

/** The tensor of an embedding, and the token where the file names it. */
const vectorsIn = (file: string, { tensors, value }: WeightFile): { info: TensorInfo; name: string | undefined } => {
  if (value instanceof Map && value.has(WEB_UI)) {
    const info = onlyTensor(
      file,
      tensors.filter(({ name }) => name.startsWith(`${WEB_UI}.`)),
    );
    const name = value.get('name');
    return { info, name: typeof name === 'string' ? name : undefined };
  }
  const info = onlyTensor(file, tensors);
  const name = info.name.replace(/\.weight$/, ''); // `<R>` may be a table of its own
  return { info, name: NAMELESS.includes(name) ? undefined : name };
};

/** Vectors of one token as [count, width]: a file may leave out the count. */
const vectorsOf = async (file: string, info: TensorInfo, token: string): Promise<Tensor> => {
  const { dims, dtype } = info;
  const [count, width] = dims.length === 1 ? [1, dims[0] as number] : (dims as [number, number]);
  if (dims.length < 1 || dims.length > 2 || count === 0 || width === 0) {
    throw new AdapterError(`${file}: ${token} is [${dims.join(', ')}], expects vectors [count, width]`);
  }
  if (count > MOST_VECTORS || width > WIDEST) {
    const limits = `${MOST_VECTORS} vectors of ${WIDEST}`;
    throw new AdapterError(`${file}: ${token} is [${dims.join(', ')}]: a prompt has room for ${limits} at most`);
  }
  if (!NUMBERS.includes(dtype)) throw new AdapterError(`${file}: ${token} is stored as ${dtype}, expects ${NUMBERS.join(', ')}`);
  const data = Float32Array.from(await readNumbers(info));
  if (!data.every(Number.isFinite)) throw new AdapterError(`${file}: ${token} holds NaN or infinity; the file is damaged`);
  return tensor([count, width], data);
};

/**
 * Reads an embedding: diffusers' (one tensor, named by its token), or the web UI's.
 * Throws AdapterMissingError, a WeightError for a damaged file, an AdapterError for one that is no embedding of one token.
 */
export const readEmbedding = async ({ path, token: wanted }: EmbeddingUse): Promise<Embedding> => {
  const file = await findAdapterFile(path, FILE_NAMES, 'embedding');
  const weights = await openWeights(file);
  const pair = pairIn(file, weights);
  const { info, name } = pair ? { info: pair.first, name: undefined } : vectorsIn(file, weights);
  const title = name ?? basename(file).replace(/\.[^.]*$/, '');
  const token = (wanted ?? title).trim();
  if (token === '') throw new AdapterError(`${file}: names no token; give one with --embedding FILE:TOKEN`);
  const vectors = await vectorsOf(file, info, pair ? FIRST : title);
  if (!pair) return { file, token, vectors };
  const second = await vectorsOf(file, pair.second, SECOND);
  if (second.dims[0] === vectors.dims[0]) return { file, token, vectors, second };
  throw new AdapterError(
    `${file}: ${FIRST} has ${vectors.dims[0]} vectors, ${SECOND} ${second.dims[0]}: expects as many for both encoders`,
  );
};

/** SDXL's text encoders, by the names that its embedding files give to their vectors. */
const [FIRST, SECOND] = ['clip_l', 'clip_g'] as const;

/** The two tensors of an SDXL file; undefined for files of other models. */
const pairIn = (file: string, { tensors }: WeightFile): { first: TensorInfo; second: TensorInfo } | undefined => {
  const named = (name: string): TensorInfo | undefined => tensors.find(info => info.name === name);
  const [first, second] = [named(FIRST), named(SECOND)];
  if (!second) return undefined;
  if (first && tensors.length === 2) return { first, second };
  throw new AdapterError(`${file}: holds ${SECOND}, vectors for SDXL's second text encoder, but not ${FIRST} alone beside it`);
};

/** What the tokenizer has to know of an embedding. */
export const newToken = ({ token, vectors }: Embedding): NewToken => ({ token, count: vectors.dims[0] as number });

/** What an embedding is known by in digests, wherever its file lies. */
export const embeddingText = ({ token, vectors, second }: Embedding): string => {
  const about = ({ dims, data }: Tensor) => [dims, createHash('sha256').update(data).digest('hex')];
  return JSON.stringify(['embedding', token, ...about(vectors), ...(second ? about(second) : [])]);
};

/** A text encoder that vectors are for; `second` where it is SDXL's second. */
export type EmbeddingTarget = { readonly second: boolean; readonly width: number };

const checkTables = ({ file, token, second }: Embedding, targets: readonly EmbeddingTarget[]): void => {
  const sdxl = targets.some(target => target.second);
  if (sdxl === (second !== undefined)) return;
  const [theirs, ours] = sdxl ? ['one text encoder', "SDXL's text encoders"] : ["SDXL's two text encoders", 'one text encoder'];
  throw new AdapterError(`${file}: has vectors of ${token} for ${theirs}, the model has ${ours}: the embedding was made for another model`);
};

/**
 * The vectors of all files in a row for each text encoder: what its table has behind its vocabulary. Undefined without files.
 * @throws AdapterError for vectors of another width, or for other encoders
 */
export const embeddingRows = (embeddings: readonly Embedding[], targets: readonly EmbeddingTarget[]): (Tensor | undefined)[] => {
  for (const embedding of embeddings) checkTables(embedding, targets);
  return targets.map(target => rowsFor(embeddings, target));
};

const rowsFor = (embeddings: readonly Embedding[], { second, width }: EmbeddingTarget): Tensor | undefined => {
  const tables = embeddings.map(({ file, token, ...embedding }) => {
    const vectors = (second ? embedding.second : undefined) ?? embedding.vectors;
    if (vectors.dims[1] === width) return vectors;
    const widths = `the vectors of ${token} are ${vectors.dims[1]} wide, the model's text encoder is ${width} wide`;
    throw new AdapterError(`${file}: ${widths}: the embedding was made for another model`);
  });
  if (tables.length === 0) return undefined;
  const data = Float32Array.from(tables.flatMap(({ data }) => [...data]));
  return tensor([data.length / width, width], data);
};
