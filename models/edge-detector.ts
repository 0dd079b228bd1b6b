// The annotator of HED ControlNets: soft edges of a picture.
import { hed } from './networks/hed.ts';
import { lazyNetwork } from './runtime/lazy-network.ts';
import type { Runtime } from './runtime/runtime.ts';
import { type Tensor, tensor } from './tensor.ts';
import { openWeights } from './weights/open-weights.ts';

/** The network that finds soft edges (Xie & Tu 2015, holistically-nested edge detection). */
export type EdgeDetector = {
  /** Pictures [n, 3, h, w] in [0, 1] to edges [n, 1, h, w] in [0, 1]. */
  readonly edges: (image: Tensor, signal?: AbortSignal) => Promise<Tensor>;
};

/**
 * Opens the annotator of soft-edge ControlNets: ControlNetHED.pth, or the same weights as safetensors.
 * @throws WeightError for a file that is damaged or another network's
 */
export const openEdgeDetector = async (file: string, runtime: Runtime): Promise<EdgeDetector> => {
  const weights = await openWeights(file);
  const network = lazyNetwork(runtime, hed(weights));
  return {
    edges: async (image, signal) => {
      const bytes = tensor(
        image.dims,
        image.data.map(v => v * 255),
      );
      return (await network.run({ image: bytes }, ['edges'], signal)).edges!;
    },
  };
};
