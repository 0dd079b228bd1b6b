// Tier `warp`: both key frames warped along composed flow, blended by nearness in time and by belief.
import type { Picture } from '../../media/frame.ts';
import type { Grid } from '../flow/grid.ts';
import { openArena } from '../kernels/arena.ts';
import { loadKernels } from '../kernels/load.ts';
import { layOutBlend, openBlend } from './blend.ts';
import { bothWays, type Step } from './both-ways.ts';
import { type Link, onGrid, stepsFrom, walk } from './chain.ts';
import { colourChange } from './colour-map.ts';
import { inBetween, type Tier } from './interval.ts';
import type { PropagateKernels } from './kernels.ts';
import { copied, type Proposal } from './proposal.ts';
import { borderBytes, layOutWarper, openWarper, padded } from './warper.ts';

/** Proposals are 3 bytes a pixel and 2 floats a cell for each frame. */
export const warpTier: Tier = bothWays<Proposal>((interval, grid, checkpoint) => {
  const { frames, flows, first, last } = interval;
  const count = inBetween(interval);
  const sources = frames.map(frame => onGrid(frame, grid));
  const colours = colourChange(first, sources[0]!.colour, last, sources.at(-1)!.colour);
  const { proposals, blend } = openWorkspace(first, grid);
  const from = (key: Picture, side: 'first' | 'last'): Step<Proposal> =>
    proposals(key, walk(sources.at(side === 'first' ? 0 : -1)!, stepsFrom(side, sources, flows, count), checkpoint));
  return {
    fromLast: key => {
      const next = from(key, 'last');
      return (...step) => copied(next(...step)); // they wait for the other walk
    },
    fromFirst: key => from(key, 'first'),
    mix: (n, early, late) => {
      const nearness = n / (frames.length - 1); // of the last key: 0 at the first, 1 at the last
      return blend(early, late, nearness, frames[n]!, colours(nearness));
    },
  };
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
