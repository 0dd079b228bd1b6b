// Motion between two pictures, both ways, and what each hides from the other; synchronous, for worker threads.
import type { Picture } from '../../media/frame.ts';
import { share } from '../../threads/share.ts';
import { occlusion } from './consistency.ts';
import { type Detail, flowGrid, type Grid } from './grid.ts';
import { inverseSearch } from './inverse-search.ts';
import { lumaOn } from './on-grid.ts';

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

/** Motion from `first` to `second` and back. */
export const estimatePair = (first: Picture, second: Picture, detail: Detail): FlowPair => {
  const grid = flowGrid(first.width, first.height, detail);
  const { width, height } = grid;
  const { forward, backward } = inverseSearch(lumaOn(first, grid), lumaOn(second, grid));
  return {
    width,
    height,
    forward: share(forward),
    backward: share(backward),
    hiddenInSecond: share(occlusion(forward, backward, width, height)),
    hiddenInFirst: share(occlusion(backward, forward, width, height)),
  };
};
