// The three ways of a U-Net: down, middle, up. Every network here walks them, of pictures and of clips, and the ControlNet its first two.
import type { Graph } from '../../onnx/graph.ts';
import type { Value } from '../../onnx/value.ts';
import type { DownConfig, Level, UNetConfig } from '../unet-config.ts';
import { downsample, resnetBlock, upsample } from './resnet.ts';

/** Where a residual block stands: `WAY_blocks.BLOCK.resnets.LAYER` of the checkpoint, or `mid_block.resnets.LAYER`. */
export type Place = {
  readonly way: 'down' | 'middle' | 'up';
  /** From 0 in the order of the way; the middle is one block. */
  readonly block: number;
  /** From 0 in its block. */
  readonly layer: number;
  readonly level: Level;
  /** Whether a transformer over the text follows the residual block, and of how many blocks. */
  readonly attends: boolean;
  readonly transformerLayers: number;
};

/** Builds what follows a residual block, in the scope of its block: attention, layers over time, motion modules. x keeps its dims. */
export type AfterResnet = (x: Value, place: Place) => Value;

/**
 * Joins the features x and the K-th skip in push order, which is the ControlNets' order, too:
 * [n, c, h, w], [n, s, h, w] -> [n, c + s, h, w].
 */
export type JoinSkip = (x: Value, skip: Value, place: Place, k: number) => Value;

/** What the walk is made of. `time` is silu(time embedding), one row for each row of x. */
export type UNetPath = {
  readonly config: Pick<DownConfig, 'levels' | 'groups' | 'epsilon' | 'middleAttention'>;
  readonly time: Value;
  readonly after: AfterResnet;
};

/** A residual block and what follows it. */
const layer = (g: Graph, x: Value, { config, time, after }: UNetPath, place: Place): Value =>
  after(resnetBlock(g, x, time, place.level.channels, config, `resnets.${place.layer}`), place);

/** All levels from the first convolution's output on: the skips in the order in which they are pushed, the last one on top. */
export const downPath = (g: Graph, x: Value, path: UNetPath): Value[] => {
  const { levels } = path.config;
  const skips = [x];
  levels.forEach((level, block) => {
    g.scope(`down_blocks.${block}`, () => {
      for (let j = 0; j < level.layers; j++) {
        const { attention: attends, transformerLayers } = level;
        skips.push((x = layer(g, x, path, { way: 'down', block, layer: j, level, attends, transformerLayers })));
      }
      if (block < levels.length - 1) skips.push((x = downsample(g, x, 'downsamplers.0')));
    });
  });
  return skips;
};

/** Two residual blocks at the lowest resolution, with attention between them; of pruned networks one residual block alone. */
export const middle = (g: Graph, x: Value, path: UNetPath): Value =>
  g.scope('mid_block', () => {
    const level = path.config.levels.at(-1) as Level;
    const place = { way: 'middle', block: 0, level, transformerLayers: level.transformerLayers } as const;
    x = layer(g, x, path, { ...place, layer: 0, attends: path.config.middleAttention });
    if (!path.config.middleAttention) return x;
    return layer(g, x, path, { ...place, layer: 1, attends: false });
  });

/** What the way up is made of, beside what the way down is. */
type UpPath = UNetPath & { readonly config: Pick<UNetConfig, 'upAttention' | 'upTransformerLayers'>; readonly join: JoinSkip };

/** Layer j of a block of the way up, behind the K-th skip. */
const upLayer = (g: Graph, x: Value, skip: Value, path: UpPath, { block, j, k }: { block: number; j: number; k: number }): Value => {
  const { levels, upAttention, upTransformerLayers } = path.config;
  const level = levels[levels.length - 1 - block] as Level;
  const transformerLayers = upTransformerLayers?.[block]?.[j] ?? level.transformerLayers;
  const place: Place = { way: 'up', block, layer: j, level, attends: upAttention[block] === true, transformerLayers };
  return layer(g, path.join(x, skip, place, k), path, place);
};

/**
 * The last layers of the way up, as many as there are skips: from what stands before the first of them, at the latent's size, to the end.
 * @param skips the first that the way down pushes
 */
export const lastLayers = (g: Graph, x: Value, skips: readonly Value[], path: UpPath): Value => {
  const block = path.config.levels.length - 1;
  const all = (path.config.levels[0] as Level).layers + 1;
  return g.scope(`up_blocks.${block}`, () =>
    [...skips.entries()].reverse().reduce((y, [k, skip]) => upLayer(g, y, skip, path, { block, j: all - 1 - k, k }), x),
  );
};

/** From the middle back to the latent's size; each layer takes the skip that was pushed last. */
export const upPath = (g: Graph, x: Value, skips: readonly Value[], path: UpPath): Value => {
  let k = skips.length;
  [...path.config.levels].reverse().forEach((level, block) => {
    g.scope(`up_blocks.${block}`, () => {
      for (let j = 0; j <= level.layers; j++) {
        k -= 1;
        x = upLayer(g, x, skips[k] as Value, path, { block, j, k });
      }
      if (k > 0) x = upsample(g, x, 'upsamplers.0', skips[k - 1]);
    });
  });
  return x;
};

/** Channels of every skip and of the middle's output, in the order of the ControlNet's residuals. */
export const residualChannels = ({ levels }: Pick<DownConfig, 'levels'>): number[] => [
  (levels[0] as Level).channels,
  ...levels.flatMap(({ channels, layers }, i) => Array<number>(layers + (i < levels.length - 1 ? 1 : 0)).fill(channels)),
  (levels.at(-1) as Level).channels,
];
