// Takes the restlessness out of propagated frames: each is mixed with its neighbours where they are along the motion.
import type { Picture } from '../../media/frame.ts';
import { type FlowPair, lumaOn } from '../flow/estimate.ts';
import type { Grid } from '../flow/grid.ts';
import { gainOf, misfitsOf, shorten } from '../flow/standstill.ts';
import { openArena } from '../kernels/arena.ts';
import { loadKernels } from '../kernels/load.ts';
import type { Plane } from '../vision/operators.ts';
import { whileSizesStay } from './both-ways.ts';
import { lattice } from './grid-map.ts';
import { soundFlows, type Tier } from './interval.ts';
import type { PropagateKernels } from './kernels.ts';
import { layOutLattice, setLattice } from './lattice-regions.ts';

const RANGE = 20; // levels of the sources' difference from which on a neighbour says nothing
const SPARE = 3; // bytes behind a picture that the kernel may read

/** A frame's way to a neighbour, in cells (interleaved), and the cells that the neighbour does not show. */
type Way = { readonly map: Float32Array; readonly hidden: Uint8Array };

const openWorkspace = (size: Grid, grid: Grid) => {
  const { width, height } = size;
  const [pixels, cells] = [3 * width * height, grid.width * grid.height];
  const { memory, out, rows, near, far, hidden, ...regions } = openArena(arena => ({
    pictures: [0, 1, 2].map(() => arena.bytes(pixels + SPARE)),
    out: arena.bytes(pixels),
    ways: [0, 1].map(() => ({ map: arena.floats(2 * cells), share: arena.floats(cells) })),
    near: arena.bytes(cells),
    far: arena.bytes(cells),
    hidden: arena.bytes(cells),
    rows: arena.doubles(8 * (grid.width + 1)),
    ...layOutLattice(arena, size),
  }));
  const kernels = loadKernels<PropagateKernels>('propagate', memory);
  const on = lattice(width, height, grid);
  setLattice(on, regions);
  return {
    /** What a neighbour says of the frame, before or after it: its picture, and how much of it counts at every cell. */
    listen: (side: 0 | 1, picture: Uint8Array, way: Way, luma: Plane, frame: Plane, share: number): void => {
      regions.pictures[1 + side]!.data.set(picture);
      regions.ways[side]!.map.data.set(way.map);
      hidden.data.set(way.hidden);
      far.data.set(luma.data);
      near.data.set(frame.data);
      const { map, share: shares } = regions.ways[side]!;
      kernels.agreement(map.at, hidden.at, far.at, near.at, grid.width, grid.height, share, RANGE, shares.at);
    },
    /** Nobody stands on that side. */
    ignore: (side: 0 | 1): void => void regions.ways[side]!.share.data.fill(0),
    /** The frame with what its neighbours say of it. */
    mix: (picture: Uint8Array): Uint8Array<ArrayBuffer> => {
      const [frame, before, after] = regions.pictures;
      const [a, b] = regions.ways;
      frame!.data.set(picture);
      kernels.steady(
        frame!.at,
        before!.at,
        after!.at,
        width,
        height,
        a!.map.at,
        b!.map.at,
        a!.share.at,
        b!.share.at,
        grid.width,
        grid.height,
        regions.cells.at,
        regions.parts.at,
        on.columns.pixels,
        on.rows.pixels,
        rows.at,
        out.at,
      );
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
    const { listen, ignore, mix } = workspace(first, flows[0]!);
    const lumaOf = (picture: Picture): Plane => lumaOn(picture, flows[0]!);
    let here = lumaOf(frames[0]!);
    let next = lumaOf(frames[1]!);
    let ways = waysOf(flows[0]!, here, next);
    return made.map((picture, i) => {
      checkpoint();
      const n = i + 1;
      const [before, back] = [here, ways.back];
      here = next;
      listen(0, pictures[n - 1]!, back, before, here, steady);
      if (n + 1 < pictures.length) {
        next = lumaOf(frames[n + 1]!);
        ways = waysOf(flows[n]!, here, next);
        listen(1, pictures[n + 1]!, ways.there, next, here, steady);
      } else ignore(1);
      return mix(picture);
    });
  };
};
