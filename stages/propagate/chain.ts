// Follows the motion away from a key frame, frame by frame, and says where the key can be believed.
import type { Picture } from '../../media/frame.ts';
import type { FlowPair } from '../flow/estimate.ts';
import type { Grid } from '../flow/grid.ts';
import { residualSearch } from '../flow/inverse-search.ts';
import { standStill } from '../flow/standstill.ts';
import { grayscale, type Plane, shrinkPicture } from '../vision/operators.ts';
import { compose } from './compose.ts';
import { visibility } from './visibility.ts';

/** The source frames of an interval on their flow grid: colours, and luma. */
export type GridFrame = { readonly colour: Picture; readonly luma: Plane };

export const onGrid = (picture: Picture, grid: Grid): GridFrame => {
  const colour = shrinkPicture(picture, grid.width, grid.height);
  return { colour, luma: grayscale(colour) };
};

/** Where a frame finds its colours in the key, in cells (interleaved), and how far that is to be believed. */
export type Link = {
  readonly map: Float32Array;
  /** 0..1 a cell. */
  readonly belief: Float32Array;
  /** Mean colour difference of the sources, levels. */
  readonly residual: Float32Array;
};

/** plane(p + map(p)), bilinear, border repeated. */
const follow = ({ width, height, data }: Plane, map: Float32Array): Plane => {
  const out = new Uint8Array(width * height);
  for (let y = 0, p = 0; y < height; y++) {
    for (let x = 0; x < width; x++, p++) {
      const u = Math.min(width - 1, Math.max(0, x + map[2 * p]!));
      const v = Math.min(height - 1, Math.max(0, y + map[2 * p + 1]!));
      const [i, j] = [u | 0, v | 0];
      const [s, t] = [u - i, v - j];
      const q = j * width + i;
      const next = s > 0 ? 1 : 0;
      const below = t > 0 ? width : 0;
      const top = data[q]! + s * (data[q + next]! - data[q]!);
      const low = data[q + below]! + s * (data[q + below + next]! - data[q + below]!);
      out[p] = top + t * (low - top) + 0.5;
    }
  }
  return { width, height, data: out };
};

/**
 * A walk away from a key frame. Each call of the returned function takes the next frame: its sources, its motion towards the key
 * (to the neighbour visited before) and that neighbour's motion to it. The link's arrays are reused by the call after.
 * Drift of the chain is taken back at every frame by aligning the key, warped along the chain, with the frame itself. What
 * the link tells of it stands still where the source does; the chain goes on from what was found, so that nothing adds up.
 */
export const walk = (key: GridFrame): ((frame: GridFrame, towards: Float32Array, away: Float32Array) => Link) => {
  const { width, height } = key.luma;
  const field = (): Float32Array => new Float32Array(2 * width * height);
  const map = field(); // frame -> key
  let back = field(); // key -> frame
  let [spareMap, spareBack] = [field(), field()];
  const [there, here] = [field(), field()]; // map and back, less what only seems to move
  const belief = new Float32Array(width * height);
  const residual = new Float32Array(width * height);
  return (frame, towards, away) => {
    compose(towards, map, width, height, spareMap);
    compose(back, away, width, height, spareBack);
    [back, spareBack] = [spareBack, back];
    compose(residualSearch(frame.luma, follow(key.luma, spareMap)), spareMap, width, height, map);
    there.set(map);
    standStill(there, key.luma, frame.luma);
    here.set(back);
    standStill(here, frame.luma, key.luma);
    visibility(there, here, key.colour, frame.colour, belief, residual);
    return { map: there, belief, residual };
  };
};

/** The motion fields of a pair by the side of the key. */
export const awayFromFirst = (pair: FlowPair) => ({ towards: pair.backward, away: pair.forward });
export const awayFromLast = (pair: FlowPair) => ({ towards: pair.forward, away: pair.backward });
