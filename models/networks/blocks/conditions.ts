// What the blocks of a U-Net and of the ControlNets that were copied from it read beside the features: time and text.
import type { Graph } from '../../onnx/graph.ts';
import { silu } from '../../onnx/ops/arithmetic.ts';
import { concat, expand } from '../../onnx/ops/shape.ts';
import type { Value } from '../../onnx/value.ts';
import type { DownConfig, Level } from '../unet-config.ts';
import { sinusoids, timeEmbedding } from './time-embedding.ts';

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
    const { timeWidth, width, ids: count } = config.added;
    const texts = g.input('text_embeds', [batch, width - count * timeWidth]);
    const ids = g.input('time_ids', [batch, count]); // original size, crop corner, target size or score
    const sides = sinusoids(g, ids.reshape(-1), timeWidth, config).reshape(batch, count * timeWidth);
    embedding = embedding.add(timeEmbedding(g, concat([texts, sides], 1), config.timeWidth, 'add_embedding'));
  }
  return { time: silu(embedding), text };
};
