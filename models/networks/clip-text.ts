// CLIPTextModel: token ids to the states that the U-Net attends to, and the pooled state that SDXL's reads beside them.

import { buildNetwork } from '../onnx/build.ts';
import type { Graph } from '../onnx/graph.ts';
import { linear, multiHead } from '../onnx/layers.ts';
import type { NetworkGraph } from '../onnx/network-graph.ts';
import { layerNorm } from '../onnx/norm-layers.ts';
import { atLeast, clip, equals, gelu, least, most, quickGelu, toFloat, where } from '../onnx/ops/arithmetic.ts';
import { gather, matmul, placeOfLargest } from '../onnx/ops/contract.ts';
import { range, sizes, takeFirst } from '../onnx/ops/shape.ts';
import type { Value } from '../onnx/value.ts';
import type { Tensor } from '../tensor.ts';
import { flatClipNames } from '../weights/aliases.ts';
import type { WeightSource } from '../weights/weight-source.ts';
import { fieldsOf, type RawConfig } from './config.ts';
import { BOUNDS } from './limits.ts';

export type ClipTextConfig = {
  readonly vocabulary: number;
  /** Tokens at most. */
  readonly positions: number;
  readonly width: number;
  readonly innerWidth: number;
  readonly layers: number;
  readonly heads: number;
  readonly activation: 'gelu' | 'quick_gelu';
  readonly epsilon: number;
  /** Of the pooled state. */
  readonly projectionWidth: number;
  /** The id that ends a prompt, where the pooled state is taken; 2 stands for the highest id of the prompt, as in CLIP's first configs. */
  readonly endId: number;
};

/** Reads a `text_encoder/config.json`; absent keys take the defaults of transformers' CLIPTextConfig. */
export const clipTextConfig = (raw: RawConfig): ClipTextConfig => {
  const fields = fieldsOf(raw);
  fields.choice('model_type', ['clip_text_model'], 'clip_text_model');
  const width = fields.count('hidden_size', BOUNDS.channels, 512);
  const heads = fields.count('num_attention_heads', BOUNDS.heads, 8);
  if (width % heads !== 0) throw fields.error('num_attention_heads', `${heads} does not divide hidden_size ${width}`);
  return {
    vocabulary: fields.count('vocab_size', BOUNDS.vocabulary, 49_408),
    positions: fields.count('max_position_embeddings', BOUNDS.positions, 77),
    width,
    innerWidth: fields.count('intermediate_size', BOUNDS.channels, 2048),
    layers: fields.count('num_hidden_layers', BOUNDS.layers, 12),
    heads,
    activation: fields.choice('hidden_act', ['gelu', 'quick_gelu'], 'quick_gelu'),
    epsilon: fields.number('layer_norm_eps', 1e-5),
    projectionWidth: fields.count('projection_dim', BOUNDS.channels, 512),
    endId: fields.count('eos_token_id', BOUNDS.id, 49_407),
  };
};

export type ClipTextOptions = {
  /** Layers left out at the end, 0 by default; the final norm always comes last. Not with `inner`. */
  readonly clipSkip?: number;
  /**
   * Outputs in place of `last_hidden_state`, as SDXL reads them: states without final norm behind all layers but these many, and the
   * pooled state.
   */
  readonly inner?: { readonly leftOut: readonly number[]; readonly pooled: boolean };
  /** Rows behind the vocabulary, one a token that embeddings bring: [count, width]. */
  readonly rows?: Tensor;
};

/**
 * Input: `input_ids` int64 [n, tokens]. Output: `last_hidden_state` [n, tokens, width]; or, with `inner`, `states.K` [n, tokens, width],
 * K being the layers that are left out, and `pooled` [n, projection width].
 */
export const clipText = (config: ClipTextConfig, weights: WeightSource, options: ClipTextOptions = {}): NetworkGraph =>
  buildNetwork('clip-text', withoutBuffers(flatClipNames(weights)), g => describe(g, config, options));

const describe = (g: Graph, config: ClipTextConfig, { clipSkip = 0, rows, inner }: ClipTextOptions): void => {
  const skip = Math.max(clipSkip, ...(inner?.leftOut ?? []));
  if (skip >= config.layers) throw g.error(`clip skip ${skip} leaves none of ${config.layers} layers`);
  const ids = g.input('input_ids', ['batch', 'tokens'], 'int64');
  if (inner) {
    innerStates(g, ids, config, { ...inner, rows });
    return;
  }
  const out = g.scope('text_model', () => {
    let x = g.scope('embeddings', () => embed(g, ids, config, rows)); // [n, t, width]
    const mask = causalMask(g);
    for (let i = 0; i < config.layers - clipSkip; i++) x = encoderLayer(g, x, mask, config, `encoder.layers.${i}`);
    return layerNorm(g, x, 'final_layer_norm', config.epsilon);
  });
  g.output('last_hidden_state', out);
};

type Inner = NonNullable<ClipTextOptions['inner']> & Pick<ClipTextOptions, 'rows'>;

const innerStates = (g: Graph, ids: Value, config: ClipTextConfig, { leftOut, pooled, rows }: Inner): void => {
  const last = pooled ? 0 : Math.min(...leftOut); // nothing reads the layers behind
  const normed = g.scope('text_model', () => {
    let x = g.scope('embeddings', () => embed(g, ids, config, rows)); // [n, t, width]
    const mask = causalMask(g);
    for (let i = 0; i < config.layers - last; i++) {
      x = encoderLayer(g, x, mask, config, `encoder.layers.${i}`);
      const left = config.layers - 1 - i;
      if (leftOut.includes(left)) g.output(`states.${left}`, x);
    }
    return pooled ? layerNorm(g, x, 'final_layer_norm', config.epsilon) : undefined;
  });
  if (normed) g.output('pooled', project(g, stateAtEnd(normed, ids, config), config));
};

/** The state at a prompt's end: x [n, t, width], ids [n, t] -> [n, width]. */
const stateAtEnd = (x: Value, ids: Value, { endId }: ClipTextConfig): Value => {
  const place = placeOfLargest(toFloat(endId === HIGHEST ? ids : equals(ids, endId))); // [n, 1]
  const away = range(x.graph, 'tokens').sub(place); // [n, t]
  const atEnd = clip(away.mul(away).mul(-1).add(1), 0, 1); // 1 there, else 0
  return matmul(atEnd.reshape(0, 1, 'tokens'), x).reshape(x.dim(0), x.dim(2));
};

const HIGHEST = 2; // an `eos_token_id` that was never CLIP's: its end token has the highest id

/** Without bias. OpenCLIP stores the matrix the other way round, and under a name without `.weight`. */
const project = (g: Graph, x: Value, { width, projectionWidth: out }: ClipTextConfig): Value =>
  g.holds(OPEN_CLIP_PROJECTION)
    ? matmul(x, g.param(OPEN_CLIP_PROJECTION, [width, out], 'hidden_size and projection_dim'))
    : linear(g, x, 'text_projection', { out, bias: false, reason: 'projection_dim' });

const OPEN_CLIP_PROJECTION = 'text_projection';

const embed = (g: Graph, ids: Value, { vocabulary, positions, width }: ClipTextConfig, rows?: Tensor): Value => {
  const table = g.param('token_embedding.weight', [vocabulary, width], 'vocab_size and hidden_size');
  const tokens = rows ? gatherBehind(g, table, rows, ids) : gather(table, ids); // [n, t, width]
  const places = g.param('position_embedding.weight', [positions, width], 'max_position_embeddings and hidden_size');
  return tokens.add(takeFirst(places, 0, sizes(g, ['tokens']), 'tokens'));
};

/** Rows of `table`, and of `rows` for ids behind its end: the table stays in its file, where joining the two would copy it. */
const gatherBehind = (g: Graph, table: Value, { dims, data }: Tensor, ids: Value): Value => {
  const count = table.size(0);
  const stored = gather(table, least(ids, count - 1));
  const added = gather(g.constant([...data], 'float32', dims), most(ids.sub(count), 0));
  return where(atLeast(ids, count).reshape(...ids.dims, 1), added, stored);
};

const MASKED = 1e9; // exp(-1e9) is 0 in float32

/** [1, 1, t, t]: 0 where the key comes no later than the query, else so low that the softmax gives nothing. */
const causalMask = (g: Graph): Value => {
  const place = range(g, 'tokens');
  const ahead = place.reshape(-1, 1).sub(place.reshape(1, -1)); // query - key
  return clip(ahead, -1, 0).mul(MASKED).reshape(1, 1, 'tokens', 'tokens');
};

/** Pre-norm: attention, then the perceptron. */
const encoderLayer = (
  g: Graph,
  x: Value,
  mask: Value,
  { heads, width, innerWidth, activation, epsilon }: ClipTextConfig,
  name: string,
): Value =>
  g.scope(name, () => {
    const n1 = layerNorm(g, x, 'layer_norm1', epsilon);
    const attended = g.scope('self_attn', () => {
      const [q, k, v] = ['q_proj', 'k_proj', 'v_proj'].map(part => linear(g, n1, part, { out: width })) as [Value, Value, Value];
      return linear(g, multiHead(q, k, v, heads, { bias: mask }), 'out_proj', { out: width });
    });
    x = x.add(attended);
    const act = activation === 'gelu' ? gelu : quickGelu;
    const inner = linear(g, layerNorm(g, x, 'layer_norm2', epsilon), 'mlp.fc1', { out: innerWidth });
    return x.add(linear(g, act(inner), 'mlp.fc2', { out: width }));
  });

/** Files of older versions carry the list of positions, which is no weight. */
const withoutBuffers = (source: WeightSource): WeightSource => ({
  ...source,
  names: () => [...source.names()].filter(name => !name.endsWith('position_ids')),
});
