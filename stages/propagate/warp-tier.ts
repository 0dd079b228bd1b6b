// Tier `warp`: both key frames warped along composed flow, blended by nearness in time and by belief.
import type { Picture } from '../../media/frame.ts';
import type { Grid } from '../flow/grid.ts';
import { openArena } from '../kernels/arena.ts';
import { loadKernels } from '../kernels/load.ts';
import { layOutBlend, openBlend } from './blend.ts';
import { bothWays } from './both-ways.ts';
import { framesOnGrid, type Link, stepsFrom, walk } from './chain.ts';
import { colourChange } from './colour-map.ts';
import type { Tier } from './interval.ts';
import type { PropagateKernels } from './kernels.ts';
import { copied, type Proposal } from './proposal.ts';
import { borderBytes, layOutWarper, openWarper, padded } from './warper.ts';

/** Proposals are 3 bytes a pixel and 2 floats a cell for each frame. */
export const warpTier: Tier<Proposal> = bothWays<Proposal>({
  kept: copied,
  begin: ({ frames, flows, count, grid }, size, checkpoint) => {
    const onTheGrid = framesOnGrid(frames, grid);
    const { proposals, blend } = openWorkspace(size, grid);
    return {
      from: (key, side) => {
        const sources = onTheGrid();
        return proposals(key, walk(sources.at(side === 'first' ? 0 : -1)!, stepsFrom(side, sources, flows, count), checkpoint));
      },
      mixer: ({ first, last }) => {
        const colours = colourChange(first, frames[0]!, last, frames.at(-1)!, grid);
        return (n, early, late) => {
          const nearness = n / (frames.length - 1); // of the last key: 0 at the first, 1 at the last
          return blend(early, late, nearness, frames[n]!, colours(nearness));
        };
      },
    };
  },
});

const openWorkspace = (size: Grid, grid: Grid) => {
  const { key, warped, memory, ...regions } = openArena(arena => ({
    warper: layOutWarper(arena, size, grid),
    blend: layOutBlend(arena, size, grid),
    key: arena.bytes(borderBytes(size)),
    warped: arena.bytes(4 * size.width * size.height),
  }));
  const kernels = loadKernels<PropagateKernels>('propagate', memory);
  const warper = openWarper(kernels, regions.warper, size, grid);
  return {
    blend: openBlend(kernels, regions.blend, regions.warper, size, grid),
    /** A walk away from a key that proposes a picture for every frame on the way, in arrays that the next call reuses. */
    proposals: (style: Picture, next: () => Link): (() => Proposal) => {
      padded(style.data, size, 3, key.data);
      return () => {
        const { map, belief, residual } = next();
        warper.see(map, key, warped);
        return { picture: warped.data, belief, residual };
      };
    },
  };
};
