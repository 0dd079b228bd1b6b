// What stands after a residual block in networks of pictures: a transformer, where the level attends.
import type { Graph } from '../../onnx/graph.ts';
import type { Value } from '../../onnx/value.ts';
import type { DownConfig } from '../unet-config.ts';
import { type TransformerOptions, transformer } from './transformer.ts';
import type { AfterResnet, Place } from './unet-path.ts';

/**
 * The transformer `attentions.LAYER` over the pixels of each picture and the text [n, tokens, width].
 * `keysFrom`: where self-attention of the way up takes keys and values from; `thinsKeys`: whether that of a place takes a part of them.
 */
export const attention =
  (
    g: Graph,
    text: Value,
    { groups, linearProjection }: Pick<DownConfig, 'groups' | 'linearProjection'>,
    { keysFrom, thinsKeys }: { readonly keysFrom?: TransformerOptions['keysFrom']; readonly thinsKeys?: (place: Place) => boolean } = {},
  ): AfterResnet =>
  (x, place) => {
    const {
      way,
      layer,
      level: { heads },
      transformerLayers: layers,
      attends,
    } = place;
    return attends
      ? transformer(
          g,
          x,
          text,
          { layers, heads, groups, linearProjection, keysFrom: way === 'up' ? keysFrom : undefined, thinKeys: thinsKeys?.(place) ?? false },
          `attentions.${layer}`,
        )
      : x;
  };
