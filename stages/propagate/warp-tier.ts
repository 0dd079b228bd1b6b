// Tier `warp`: both key frames warped along composed flow, blended by nearness in time and by belief.
import type { Picture } from '../../media/frame.ts';
import type { Grid } from '../flow/grid.ts';
import { openArena } from '../kernels/arena.ts';
import { loadKernels } from '../kernels/load.ts';
import { blend } from './blend.ts';
import { awayFromFirst, awayFromLast, type GridFrame, type Link, onGrid, walk } from './chain.ts';
import { colourChange } from './colour-map.ts';
import { lattice } from './grid-map.ts';
import { inBetween, soundFlows, type Tier } from './interval.ts';
import type { PropagateKernels } from './kernels.ts';
import type { Proposal } from './proposal.ts';
import { borderBytes, layOutWarper, openWarper, padded } from './warper.ts';

/**
 * Walks from the last key backwards and keeps its proposals (3 bytes a pixel and 2 floats a cell for each frame), then from the first
 * forwards and blends. Memory: the frames and proposals of one interval.
 */
export const warpTier: Tier = ({ frames, flows: estimated, first, last }, checkpoint) => {
  const count = inBetween({ frames, last });
  if (count === 0) return [];
  const flows = soundFlows(estimated);
  const grid: Grid = flows[0]!;
  const on = lattice(first.width, first.height, grid);
  const sources = frames.map(frame => onGrid(frame, grid));
  const colours = colourChange(first, sources[0]!.colour, last, sources.at(-1)!.colour);
  const proposals = openProposals(first, grid);
  const fromLast = last ? proposals(last, sources.at(-1)!) : undefined;
  const late: Proposal[] = [];
  for (let n = count; fromLast && n >= 1; n--) {
    checkpoint();
    const { towards, away } = awayFromLast(flows[n]!);
    late[n] = fromLast(sources[n]!, towards, away);
  }
  const fromFirst = proposals(first, sources[0]!);
  const pictures: Uint8Array<ArrayBuffer>[] = [];
  for (let n = 1; n <= count; n++) {
    checkpoint();
    const { towards, away } = awayFromFirst(flows[n - 1]!);
    const early = fromFirst(sources[n]!, towards, away);
    const nearness = n / (frames.length - 1); // of the last key: 0 at the first, 1 at the last
    pictures.push(blend(early, late[n], nearness, frames[n]!, colours(nearness), on));
    delete late[n];
  }
  return pictures;
};

/** Makes walks away from a key that propose a picture for every frame on the way. */
const openProposals = (size: Grid, grid: Grid) => {
  const { key, warped, memory, ...regions } = openArena(arena => ({
    ...layOutWarper(arena, size, grid),
    key: arena.bytes(borderBytes(size)),
    warped: arena.bytes(4 * size.width * size.height),
  }));
  const warper = openWarper(loadKernels<PropagateKernels>('propagate', memory), regions, size, grid);
  return (style: Picture, source: GridFrame): ((...step: Parameters<ReturnType<typeof walk>>) => Proposal) => {
    const next = walk(source);
    padded(style.data, size, 3, key.data);
    return (...step) => {
      const { map, belief, residual }: Link = next(...step);
      warper.see(map, key, warped);
      return { picture: warped.data.slice(), belief: belief.slice(), residual: residual.slice() };
    };
  };
};
