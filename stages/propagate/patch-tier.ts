// Tier `patch`: both key frames warped along composed flow, patches where that fails;
// mixed by nearness and belief, with the detail of one.
import type { Picture } from '../../media/frame.ts';
import type { Grid } from '../flow/grid.ts';
import { openArena } from '../kernels/arena.ts';
import { loadKernels } from '../kernels/load.ts';
import { layOutBlend, openBlend } from './blend.ts';
import { bothWays, whileSizesStay } from './both-ways.ts';
import { framesOnGrid, type Link, stepsFrom, walk } from './chain.ts';
import { colourChange } from './colour-map.ts';
import { layOutFusion, openLab, solvePoisson } from './fusion.ts';
import { lattice } from './grid-map.ts';
import type { Tier } from './interval.ts';
import type { PropagateKernels } from './kernels.ts';
import { originsOf } from './origins.ts';
import { copied, type Proposal } from './proposal.ts';
import { layOutRepair, openRepair } from './repair.ts';
import { borderBytes, layOutWarper, openWarper, padded } from './warper.ts';

/** The steps of a frame between keys. */
export type Part = 'motion' | 'warp' | 'synthesis' | 'blend' | 'Poisson';

/** Does the work of a part, and may take its time. */
export type Clock = <T>(part: Part, work: () => T) => T;

const untimed: Clock = (_, work) => work();

/** Everything that work on pictures of one size needs; a thread has one and uses it for every interval. */
const openWorkspace = (size: Grid, grid: Grid, clock: Clock, notes: boolean) => {
  const { width, height } = size;
  const count = width * height;
  const regions = openArena(arena => ({
    warper: layOutWarper(arena, size, grid),
    repair: layOutRepair(arena, size, grid),
    fusion: layOutFusion(arena, size),
    key: arena.bytes(borderBytes(size)),
    warped: arena.bytes(4 * count),
    blend: layOutBlend(arena, size, grid),
  }));
  const { key, warped, fusion } = regions;
  const { early, late, mixed } = regions.blend;
  const kernels = loadKernels<PropagateKernels>('propagate', regions.memory);
  const warper = openWarper(kernels, regions.warper, size, grid);
  const repair = openRepair(kernels, regions.repair, warper, size, grid, notes);
  const lab = openLab(kernels, fusion, count);
  return {
    /** A walk away from a key that proposes a picture for every frame on the way; ends the walk before it. */
    proposals: (style: Picture, source: Picture, next: () => Link, alone: boolean) => {
      padded(style.data, size, 3, key.data);
      repair.begin(source, style, alone);
      return (frame: Picture, towards: Float32Array, number: number): Proposal => {
        const link = clock('motion', next);
        clock('warp', () => warper.see(link.map, key, warped));
        return clock('synthesis', () => repair.complete(warped, frame, link, towards, number));
      };
    },
    /** Where {@link Blend} notes whose detail each pixel should show. */
    seams: fusion,
    blend: openBlend(kernels, regions.blend, regions.warper, size, grid),
    /** What was blended last, with the detail of the first key's or the last key's picture at each place. */
    sharpen: (): Uint8Array<ArrayBuffer> => {
      lab.to(mixed, 3, fusion.mix);
      lab.to(early, 4, fusion.first);
      lab.to(late, 4, fusion.last);
      solvePoisson(kernels, fusion, size);
      lab.from(fusion.mix, mixed);
      return mixed.data.slice();
    },
  };
};

/**
 * The tier, with its memory, which it reuses while the sizes stay. Proposals are 4 bytes a pixel and 2 floats a cell for each frame.
 * `clock` is given every part of the work; default: it is done untimed. With `origins` its pictures show where pixels come from.
 */
export const openPatchTier = ({ clock = untimed, origins = false }: { clock?: Clock; origins?: boolean } = {}): Tier<Proposal> => {
  const workspace = whileSizesStay((size, grid) => openWorkspace(size, grid, clock, origins));
  return bothWays<Proposal>({
    kept: copied,
    begin: ({ frames, flows, count, grid, alone }, size, checkpoint) => {
      const { proposals, blend, sharpen, seams } = workspace(size, grid);
      const onTheGrid = framesOnGrid(frames, grid);
      return {
        from: (key, side) => {
          const at = side === 'first' ? 0 : -1;
          const sources = onTheGrid();
          const links = clock('motion', () => walk(sources.at(at)!, stepsFrom(side, sources, flows, count), checkpoint));
          const next = proposals(key, frames.at(at)!, links, alone);
          return (n, { towards }) => next(frames[n]!, towards, n);
        },
        mixer: ({ first, last, poisson = false }) => {
          const on = lattice(size.width, size.height, grid);
          const colours = colourChange(first, frames[0]!, last, frames.at(-1)!, grid);
          return (n, early, late) => {
            const nearness = n / (frames.length - 1); // of the last key: 0 at the first, 1 at the last
            if (origins) return originsOf(early, late, nearness, frames[n]!, on);
            const mixed = clock('blend', () => blend(early, late, nearness, frames[n]!, colours(nearness), poisson ? seams : undefined));
            return poisson && late ? clock('Poisson', () => sharpen()) : mixed;
          };
        },
      };
    },
  });
};
