// What the blocks of a U-Net and of the ControlNets that were copied from it read beside the features: time and text.
import type { Graph } from '../../onnx/graph.ts';
import { silu } from '../../onnx/ops/arithmetic.ts';
import { concat, expand, rows } from '../../onnx/ops/shape.ts';
import type { Value } from '../../onnx/value.ts';
import type { DownConfig, Level } from '../unet-config.ts';
import { sinusoids, timeEmbedding } from './time-embedding.ts';

/**
 * What the blocks of a network read: latents [n, c, h, w], silu(time embedding) [n, d] and text states [n, tokens, width]. Latents and time
 * have one row where a guidance pair shares them: the rows of a pair part where they first ask their texts.
 */
export type Conditions = { readonly latents: Value; readonly time: Value; readonly text: Value };

/**
 * Declares timestep, context and what else the config asks for (timestep_cond, text_embeds, time_ids) and embeds the time. The texts
 * give the batch; a single timestep serves all of it, and so may a single `sample`.
 */
export const conditions = (
  g: Graph,
  sample: Value,
  config: DownConfig & { readonly timeWidth: number; readonly timeConditionWidth?: number },
): Conditions => {
  const first = (config.levels[0] as Level).channels;
  const clocks = g.input('timestep', ['timesteps']);
  const text = g.input('context', ['batch', 'tokens', (config.levels.at(-1) as Level).contextWidth]);
  const batch = text.dim(0);
  const settled = typeof sample.dim(0) === 'number' && typeof batch === 'number';
  const latents = settled ? sample : rows(sample, batch);
  const timestep = expand(clocks, [latents.dim(0)]); // [n]
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
  return { latents, time: silu(embedding), text };
};
