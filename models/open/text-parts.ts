// The text encoders of a model with their tokenizers: one, or the two of SDXL, of which a refiner has the second alone.
import { type ClipTextConfig, clipText, clipTextConfig } from '../networks/clip-text.ts';
import type { NetworkFolder } from '../networks/folder.ts';
import type { NetworkGraph } from '../onnx/network-graph.ts';
import type { Tensor } from '../tensor.ts';
import { makeTokenizer, type NewToken, type Tokenizer } from '../text/tokenizer.ts';
import type { TokenizerFiles } from '../text/tokenizer-files.ts';
import type { WeightSource } from '../weights/weight-source.ts';

/** A text encoder as it lies on disk, and the tokenizer that serves it. */
export type TextFiles = {
  readonly component: 'text_encoder' | 'text_encoder_2';
  readonly network: NetworkFolder;
  readonly tokenizer: { readonly files: TokenizerFiles; readonly place: string };
};

/** A text encoder that is built. */
export type TextPart = {
  readonly component: TextFiles['component'];
  /** Without further layers left out. */
  readonly graph: NetworkGraph;
  /** The same with layers left out at the end, beside the usual states where those are wanted, too. */
  readonly skipping: (clipSkip: number) => NetworkGraph;
  readonly width: number;
  readonly layers: number;
  /** Of the pooled state; undefined where the U-Net reads none of this encoder. */
  readonly pooledWidth: number | undefined;
  /** Tokens that it knows, those of embeddings included. */
  readonly vocabulary: number;
  readonly positions: number;
  readonly tokenizer: Tokenizer;
  readonly places: { readonly network: string; readonly tokenizer: string };
};

/** The layer whose states SDXL reads stands before the last one. */
export const PENULTIMATE = 1;

/** How the U-Net reads an encoder: its last states with the norm, or SDXL's way. */
export type Reading = 'last' | 'penultimate' | 'penultimate and pooled';

/** Builds the graph of an encoder. */
export const textGraph = (
  config: ClipTextConfig,
  weights: WeightSource,
  reading: Reading,
  { rows, clipSkip = 0 }: { readonly rows?: Tensor | undefined; readonly clipSkip?: number } = {},
): NetworkGraph => {
  const behind = rows && { rows };
  if (reading === 'last') return clipText(config, weights, { ...behind, ...(clipSkip > 0 && { clipSkip }) });
  const leftOut = [...new Set([PENULTIMATE, PENULTIMATE + clipSkip])];
  return clipText(config, weights, { ...behind, inner: { leftOut, pooled: reading === 'penultimate and pooled' } });
};

/** What a text part is made of, once its config is read. */
export type TextPlan = TextFiles & { readonly config: ClipTextConfig; readonly reading: Reading };

/** The encoders with their configs; of SDXL's the last one gives the pooled state. */
export const planTexts = (texts: readonly TextFiles[], sdxl: boolean): TextPlan[] =>
  texts.map((text, i) => ({
    ...text,
    config: clipTextConfig(text.network.config),
    reading: !sdxl ? 'last' : i === texts.length - 1 ? 'penultimate and pooled' : 'penultimate',
  }));

/** @param rows vectors of embeddings, which take the ids behind the vocabulary */
export const buildText = (
  { component, network, tokenizer, config, reading }: TextPlan,
  weights: WeightSource,
  { rows, tokens }: { readonly rows: Tensor | undefined; readonly tokens: readonly NewToken[] },
): TextPart => {
  const { vocabulary, positions, width, layers, projectionWidth } = config;
  return {
    component,
    graph: textGraph(config, weights, reading, { rows }),
    skipping: clipSkip => textGraph(config, weights, reading, { rows, clipSkip }),
    width,
    layers,
    pooledWidth: reading === 'penultimate and pooled' ? projectionWidth : undefined,
    vocabulary: vocabulary + (rows?.dims[0] ?? 0),
    positions,
    tokenizer: makeTokenizer(tokenizer.files, { tokens, firstNewId: vocabulary }),
    places: { network: network.place, tokenizer: tokenizer.place },
  };
};
