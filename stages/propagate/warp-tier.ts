// Tier `warp`: both key frames seen through composed flow, blended by nearness in time and by belief.
import type { Picture } from '../../media/frame.ts';
import type { Grid } from '../flow/grid.ts';
import { shrinkPicture } from '../vision/operators.ts';
import { blend } from './blend.ts';
import { awayFromFirst, awayFromLast, type GridFrame, type Link, onGrid, walk } from './chain.ts';
import { type ColourMap, learnColours, mixColours } from './colour-map.ts';
import { type Lattice, lattice } from './grid-map.ts';
import { inBetween, type Tier } from './interval.ts';
import type { Proposal } from './proposal.ts';
import { openWarp } from './warp.ts';

/**
 * Walks from the last key backwards and keeps its proposals (3 bytes a pixel and 2 floats a cell for each frame), then from the first
 * forwards and blends. Memory: the frames and proposals of one interval.
 */
export const warpTier: Tier = ({ frames, flows, first, last }, checkpoint) => {
  const count = inBetween({ frames, last });
  if (count === 0) return [];
  const grid: Grid = flows[0]!;
  const on = lattice(first.width, first.height, grid);
  const sources = frames.map(frame => onGrid(frame, grid));
  const colours = colourChange(first, sources[0]!.colour, last, sources.at(-1)!.colour);
  const fromLast = last ? proposals(last, sources.at(-1)!, on) : undefined;
  const late: Proposal[] = [];
  for (let n = count; fromLast && n >= 1; n--) {
    checkpoint();
    const { towards, away } = awayFromLast(flows[n]!);
    late[n] = fromLast(sources[n]!, towards, away);
  }
  const fromFirst = proposals(first, sources[0]!, on);
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

/** A walk away from a key that proposes a picture for every frame on the way. */
const proposals = (key: Picture, source: GridFrame, on: Lattice): ((...step: Parameters<ReturnType<typeof walk>>) => Proposal) => {
  const next = walk(source);
  const warp = openWarp(key, on.grid);
  return (...step) => {
    const { map, belief, residual }: Link = next(...step);
    const picture = new Uint8ClampedArray(key.data.length);
    warp(map, picture);
    return { picture, belief: belief.slice(), residual: residual.slice() };
  };
};

/** What the style does to colours, from both keys by nearness to the last. */
const colourChange = (
  first: Picture,
  firstSource: Picture,
  last: Picture | undefined,
  lastSource: Picture,
): ((nearness: number) => ColourMap) => {
  const learn = (style: Picture, source: Picture): ColourMap => learnColours(source, shrinkPicture(style, source.width, source.height));
  const early = learn(first, firstSource);
  if (!last) return () => early;
  const late = learn(last, lastSource);
  return nearness => mixColours(early, late, nearness);
};
