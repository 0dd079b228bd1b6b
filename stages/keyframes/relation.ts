// How a key frame lies to the anchor and to the previous key frame: both pulled here, and what each of them hides.
import { type Tensor, tensor } from '../../models/tensor.ts';
import { occlusion } from '../flow/consistency.ts';
import { blockMax, inverted, latentMask, shrinkMiddle, softMask } from './masks.ts';
import type { Pulled } from './pixel-fusion.ts';
import { planesOf, warpBilinear } from './warp.ts';

/** An earlier key frame, and how the present one lies to it. */
export type Neighbour = {
  /** As it was drawn: [1, 3, h, w] in [-1, 1]. */
  readonly image: Tensor;
  /** Motion from the present frame to it and back, interleaved x, y in pixels of `image`. */
  readonly flow: Float32Array;
  readonly back: Float32Array;
};

/** What the fusions need of both neighbours. */
export type Relation = {
  readonly anchor: Pulled;
  readonly previous: Pulled;
  /** Motion to the anchor on the latent's grid, and where the pulled clean latent of the anchor may be taken. */
  readonly latentFlow: Float32Array;
  readonly warpMask: Tensor;
  /** Where the pixel-aware mix may take its target from, [h/f, w/f]. */
  readonly mask: Tensor;
};

type PulledNeighbour = Pulled & { readonly hidden: Tensor };

const look = ({ image, flow, back }: Neighbour): PulledNeighbour => {
  const { height, width } = planesOf(image);
  const hidden = tensor([height, width], new Float32Array(occlusion(flow, back, width, height)));
  return { image: warpBilinear(image, flow), mask: softMask(hidden), hidden };
};

/** A flow at 1/factor of its size: the mean of the middle 2x2 of each block, in units of the small grid. */
const shrinkFlow = (flow: Float32Array, { height, width }: { height: number; width: number }, factor: number): Float32Array => {
  const size = height * width;
  const planar = tensor([2, height, width]);
  for (let p = 0; p < size; p++) {
    planar.data[p] = flow[2 * p]!;
    planar.data[size + p] = flow[2 * p + 1]!;
  }
  const { data } = shrinkMiddle(planar, factor);
  const cells = data.length / 2;
  const out = new Float32Array(data.length);
  for (let p = 0; p < cells; p++) {
    out[2 * p] = data[p]! / factor;
    out[2 * p + 1] = data[cells + p]! / factor;
  }
  return out;
};

/**
 * How a key frame lies to the anchor and to the previous key frame: both pulled here along motion, their soft masks, and what shape-aware
 * and pixel-aware fusion read of them on the latent's grid.
 * @param previous the anchor itself for the key frame behind it
 * @param factor pixels of a latent's side
 */
export const relate = (anchor: Neighbour, previous: Neighbour, factor: number): Relation => {
  const first = look(anchor);
  const last = previous === anchor ? first : look(previous);
  return {
    anchor: first,
    previous: last,
    latentFlow: shrinkFlow(anchor.flow, planesOf(anchor.image), factor),
    warpMask: inverted(blockMax(first.mask, factor)),
    mask: latentMask(last.hidden, first.hidden, factor),
  };
};
