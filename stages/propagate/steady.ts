// Takes the restlessness out of propagated frames: each is mixed with its neighbours where they are along the motion.
import type { Picture } from '../../media/frame.ts';
import { type FlowPair, lumaOn } from '../flow/estimate.ts';
import type { Grid } from '../flow/grid.ts';
import { gainOf, misfitsOf, shorten } from '../flow/standstill.ts';
import { type Bytes, openArena } from '../kernels/arena.ts';
import { loadKernels } from '../kernels/load.ts';
import type { Plane } from '../vision/operators.ts';
import { whileSizesStay } from './both-ways.ts';
import { soundFlows, type Tier } from './interval.ts';
import type { PropagateKernels } from './kernels.ts';
import { borderBytes, layOutWarper, openWarper, padded } from './warper.ts';

const RANGE = 20; // levels of the sources' difference from which on a neighbour says nothing

/** A frame's way to a neighbour, in cells (interleaved), and the cells that the neighbour does not show. */
type Way = { readonly map: Float32Array; readonly hidden: Uint8Array };

/** A neighbour by its number, as the other tier made it, RGB; the source's luma there, and how much of it counts where both agree. */
type Neighbour = { readonly number: number; readonly picture: Uint8Array; readonly luma: Plane; readonly way: Way; readonly share: number };

const openWorkspace = (size: Grid, grid: Grid) => {
  const { width, height } = size;
  const cells = grid.width * grid.height;
  const regions = openArena(arena => ({
    warper: layOutWarper(arena, size, grid),
    bordered: [0, 1, 2].map(() => arena.bytes(borderBytes(size))),
    frame: arena.bytes(3 * width * height + 1),
    seen: [0, 1].map(() => arena.bytes(4 * width * height)),
    map: arena.floats(2 * cells),
    shares: [0, 1].map(() => arena.floats(cells)),
    hidden: arena.bytes(cells),
    lumas: [0, 1].map(() => arena.bytes(cells)),
    row: arena.doubles(2 * grid.width + 2),
    out: arena.bytes(3 * width * height),
  }));
  const { frame, map, hidden, row, out } = regions;
  const [before, after] = regions.seen;
  const [shareBefore, shareAfter] = regions.shares;
  const [lumaHere, lumaThere] = regions.lumas;
  const kernels = loadKernels<PropagateKernels>('propagate', regions.memory);
  const { see } = openWarper(kernels, regions.warper, size, grid);
  const held = [-1, -1, -1]; // whose picture lies in which place: one is the neighbour of two
  const borderedOf = (neighbour: Neighbour): Bytes => {
    const place = neighbour.number % 3;
    const bordered = regions.bordered[place]!;
    if (held[place] !== neighbour.number) padded(neighbour.picture, size, 3, bordered.data);
    held[place] = neighbour.number;
    return bordered;
  };
  return {
    begin: (): void => void held.fill(-1),
    /** What the neighbour before or after a frame says of it; nothing where there is none. */
    listen: (side: 0 | 1, here: Plane, neighbour?: Neighbour): void => {
      const share = regions.shares[side]!;
      if (!neighbour) return void share.data.fill(0);
      see(neighbour.way.map, borderedOf(neighbour), regions.seen[side]!);
      map.data.set(neighbour.way.map);
      hidden.data.set(neighbour.way.hidden);
      lumaHere!.data.set(here.data);
      lumaThere!.data.set(neighbour.luma.data);
      kernels.agreement(map.at, hidden.at, lumaThere!.at, lumaHere!.at, grid.width, grid.height, neighbour.share, RANGE, share.at);
    },
    /** The frame with what its neighbours say of it. */
    mix: (picture: Uint8Array): Uint8Array<ArrayBuffer> => {
      const { cells, parts } = regions.warper;
      const on = [shareBefore!.at, shareAfter!.at, grid.width, grid.height, cells.at, parts.at] as const;
      frame.data.set(picture);
      kernels.mixNeighbours(frame.at, before!.at, after!.at, width, height, ...on, row.at, out.at);
      return out.data.slice();
    },
  };
};

/** The ways between two neighbours, none where nothing is seen to move: what a style lays there stays, too. */
const waysOf = (flow: FlowPair, first: Plane, second: Plane): { readonly there: Way; readonly back: Way } => {
  const [there, back] = [flow.forward.slice(), flow.backward.slice()];
  const gain = gainOf(misfitsOf(there, second, first), first);
  shorten(there, gain, first);
  shorten(back, gain, first);
  return { there: { map: there, hidden: flow.hiddenInSecond }, back: { map: back, hidden: flow.hiddenInFirst } };
};

/**
 * A tier whose frames between the keys are each mixed with both neighbours as the other tier has made them, where the source's motion says
 * they are: (C + s (C before + C after)) / (1 + 2 s) where both agree with the frame. One pass, so that it waits for nothing and no motion
 * is smeared further than a frame; keys stay as they are. `steady` of the interval is s; 0 leaves the frames alone.
 * A place's texture then wavers by what its motion errs in the mean over three frames.
 */
export const steadied = (tier: Tier): Tier => {
  const workspace = whileSizesStay(openWorkspace);
  return (interval, checkpoint) => {
    const made = tier(interval, checkpoint);
    const { frames, first, last, steady = 0 } = interval;
    if (made.length === 0 || steady === 0) return made;
    const flows = soundFlows(interval.flows);
    const pictures = [first.data, ...made, ...(last ? [last.data] : [])];
    const { begin, listen, mix } = workspace(first, flows[0]!);
    begin();
    const lumaOf = (picture: Picture): Plane => lumaOn(picture, flows[0]!);
    let here = lumaOf(frames[0]!);
    let next = lumaOf(frames[1]!);
    let ways = waysOf(flows[0]!, here, next);
    return made.map((picture, i) => {
      checkpoint();
      const [before, back] = [here, ways.back];
      here = next;
      listen(0, here, { number: i, picture: pictures[i]!, luma: before, way: back, share: steady });
      const following = pictures[i + 2];
      if (following) {
        next = lumaOf(frames[i + 2]!);
        ways = waysOf(flows[i + 1]!, here, next);
      }
      listen(1, here, following && { number: i + 2, picture: following, luma: next, way: ways.there, share: steady });
      return mix(picture);
    });
  };
};
