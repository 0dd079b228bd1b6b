// What a call of the networks multiplies: the share of its work that time follows, counted from the graphs.
import { attentionLayers, tokensOf } from './networks/attention-layers.ts';
import type { UNetOptions } from './networks/unet2d.ts';
import type { NetworkGraph } from './onnx/network-graph.ts';
import type { ModelFolder } from './open/model-folder.ts';

const sum = (counts: Readonly<Record<string, number>> | undefined): number =>
  Object.values(counts ?? {}).reduce((total, count) => total + count, 0);

/** Floating-point operations of one call: two for each multiplication with its addition. */
export type CallWork = {
  readonly unet: number;
  readonly controls: number /** Of a shallow call, where there are some. */;
  readonly shallow: number;
};

/**
 * The work of a call for one latent of height x width and so many texts, without other frames' states.
 * @returns undefined for video models
 */
export const callWork = (
  { kind, unet, controls, texts }: Pick<ModelFolder, 'kind' | 'unet' | 'controls' | 'texts'>,
  { height, width }: { readonly height: number; readonly width: number },
  batch: 1 | 2,
  { thinKeys }: UNetOptions = {},
): CallWork | undefined => {
  if (kind === 'video') return undefined;
  const layers = attentionLayers(unet.config, { thinKeys });
  const keys = Object.fromEntries(layers.map((layer, j) => [`keys.${j}.tokens`, tokensOf(layer, height, width)]));
  const sizes = { batch, pictures: 1, timesteps: 1, hints: 1, height, width, tokens: texts[0]!.tokenizer.length, ...keys };
  const of = ({ products }: NetworkGraph): number => 2 * sum(products?.(sizes));
  return {
    unet: of(unet.graph),
    shallow: unet.shallow ? of(unet.shallow) : 0,
    controls: controls.reduce((total, { graph }) => total + of(graph), 0),
  };
};
