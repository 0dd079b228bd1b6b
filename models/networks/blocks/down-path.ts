// The way down and the middle: what a U-Net and the ControlNet that was copied from it have in common.
import type { Graph } from '../../onnx/graph.ts';
import { silu } from '../../onnx/ops/arithmetic.ts';
import { concat, expand } from '../../onnx/ops/shape.ts';
import type { Value } from '../../onnx/value.ts';
import type { DownConfig, Level } from '../unet-config.ts';
import { downsample, resnetBlock } from './resnet.ts';
import { sinusoids, timeEmbedding } from './time-embedding.ts';
import { transformer } from './transformer.ts';

/** What every block of a network reads beside the features: silu(time embedding) [n, d] and text states [n, tokens, width]. */
export type Conditions = { readonly time: Value; readonly text: Value };

/**
 * Declares timestep, context and what else the config asks for (timestep_cond, text_embeds, time_ids) and embeds the time.
 * `sample` gives the batch; a single timestep serves all of it.
 */
export const conditions = (
  g: Graph,
  sample: Value,
  config: DownConfig & { readonly timeWidth: number; readonly timeConditionWidth?: number },
): Conditions => {
  const batch = sample.dim(0);
  const first = (config.levels[0] as Level).channels;
  const timestep = expand(g.input('timestep', ['timesteps']), [batch]); // [n]
  const text = g.input('context', [batch, 'tokens', (config.levels.at(-1) as Level).contextWidth]);
  const guidance = config.timeConditionWidth === undefined ? undefined : g.input('timestep_cond', [batch, config.timeConditionWidth]);
  const clock = sinusoids(g, timestep, first, config); // [n, first]
  let embedding = timeEmbedding(g, clock, config.timeWidth, 'time_embedding', guidance); // [n, d]
  if (config.added) {
    const { timeWidth, width } = config.added;
    const texts = g.input('text_embeds', [batch, width - 6 * timeWidth]);
    const ids = g.input('time_ids', [batch, 6]); // original size, crop corner, target size
    const sides = sinusoids(g, ids.reshape(-1), timeWidth, config).reshape(batch, 6 * timeWidth);
    embedding = embedding.add(timeEmbedding(g, concat([texts, sides], 1), config.timeWidth, 'add_embedding'));
  }
  return { time: silu(embedding), text };
};

/** All levels from the first convolution's output on: the skips in the order in which they are pushed, the last one on top. */
export const downPath = (g: Graph, x: Value, { time, text }: Conditions, config: DownConfig): Value[] => {
  const skips = [x];
  const { groups, epsilon, linearProjection } = config;
  config.levels.forEach(({ channels, layers, transformerLayers, heads, attention }, i) => {
    g.scope(`down_blocks.${i}`, () => {
      for (let j = 0; j < layers; j++) {
        x = resnetBlock(g, x, time, channels, { groups, epsilon }, `resnets.${j}`);
        if (attention) x = transformer(g, x, text, { layers: transformerLayers, heads, groups, linearProjection }, `attentions.${j}`);
        skips.push(x);
      }
      if (i < config.levels.length - 1) skips.push((x = downsample(g, x, 'downsamplers.0')));
    });
  });
  return skips;
};

/** Residual block, transformer, residual block at the lowest resolution. */
export const middle = (g: Graph, x: Value, { time, text }: Conditions, config: DownConfig): Value =>
  g.scope('mid_block', () => {
    const { channels, heads, transformerLayers: layers } = config.levels.at(-1) as Level;
    const { groups, epsilon, linearProjection } = config;
    x = resnetBlock(g, x, time, channels, { groups, epsilon }, 'resnets.0');
    x = transformer(g, x, text, { layers, heads, groups, linearProjection }, 'attentions.0');
    return resnetBlock(g, x, time, channels, { groups, epsilon }, 'resnets.1');
  });

/** Channels of every skip and of the middle's output, in the order of the ControlNet's residuals. */
export const residualChannels = ({ levels }: DownConfig): number[] => [
  (levels[0] as Level).channels,
  ...levels.flatMap(({ channels, layers }, i) => Array<number>(layers + (i < levels.length - 1 ? 1 : 0)).fill(channels)),
  (levels.at(-1) as Level).channels,
];
