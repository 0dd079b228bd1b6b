// Motion between two pictures, both ways, and what each hides from the other; synchronous, for worker threads.
import type { Picture } from '../../media/frame.ts';
import { type FarnebackOptions, farneback, grayscale, type Plane, shrink } from '../vision/operators.ts';
import { share } from '../workers/share.ts';
import { occlusion } from './consistency.ts';
import { flowGrid, type Grid } from './grid.ts';

/**
 * Motion between two frames on their flow grid. Fields are interleaved x, y in grid cells, masks one byte a cell; all in shared memory.
 * A cell p of the first frame stands at p + forward(p) in the second.
 */
export type FlowPair = Grid & {
  readonly forward: Float32Array;
  readonly backward: Float32Array;
  /** 1 where a cell of the first frame cannot be seen in the second. */
  readonly hiddenInSecond: Uint8Array;
  /** 1 where a cell of the second frame cannot be seen in the first. */
  readonly hiddenInFirst: Uint8Array;
};

/** Tuned on the example's exact motion and on real clips: smaller windows follow edges better, more levels reach further. */
const NEIGHBOURS: FarnebackOptions = { pyrScale: 0.5, levels: 4, window: 9, iterations: 3, polyN: 5, polySigma: 1.1 };

/** For frames far apart: one level more, wider windows. */
const DISTANT: FarnebackOptions = { ...NEIGHBOURS, levels: 5, window: 13, iterations: 5 };

/** How far apart the frames are in time: neighbours, or anything else. */
export type Gap = 'neighbours' | 'distant';

/** The luma of a picture on its flow grid. */
export const lumaOnGrid = (picture: Picture): Plane => {
  const grid = flowGrid(picture.width, picture.height);
  return shrink(grayscale(picture), grid.width, grid.height);
};

/** Motion from `first` to `second` and back. */
export const estimatePair = (first: Picture, second: Picture, gap: Gap): FlowPair => {
  const a = lumaOnGrid(first);
  const b = lumaOnGrid(second);
  const options = gap === 'neighbours' ? NEIGHBOURS : DISTANT;
  const { width, height } = a;
  const forward = share(farneback(a, b, options));
  const backward = share(farneback(b, a, options));
  return {
    width,
    height,
    forward,
    backward,
    hiddenInSecond: share(occlusion(forward, backward, width, height)),
    hiddenInFirst: share(occlusion(backward, forward, width, height)),
  };
};
