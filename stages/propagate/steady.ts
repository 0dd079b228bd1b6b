// Takes the restlessness out of propagated frames: each is mixed with its neighbours where they are along the motion.
import type { FlowPair } from '../flow/estimate.ts';
import type { Grid } from '../flow/grid.ts';
import { lumaOn } from '../flow/on-grid.ts';
import { gainOf, misfitsOf, shorten } from '../flow/standstill.ts';
import { type Bytes, openArena } from '../kernels/arena.ts';
import { loadKernels } from '../kernels/load.ts';
import type { Plane } from '../vision/operators.ts';
import { whileSizesStay } from './both-ways.ts';
import { type Interval, soundFlows, type Tier } from './interval.ts';
import type { PropagateKernels } from './kernels.ts';
import { borderBytes, layOutWarper, openWarper, padded } from './warper.ts';

const RANGE = 20; // levels of the sources' difference from which on a neighbour says nothing

/** A frame's way to a neighbour, in cells (interleaved), and the cells that the neighbour does not show. */
type Way = { readonly map: Float32Array; readonly hidden: Uint8Array };

/** A neighbour by its number: RGB as the other tier made it, and the source's luma there. */
type Neighbour = { readonly number: number; readonly picture: Uint8Array; readonly luma: Plane; readonly way: Way };

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
  let share = 0;
  const held = [-1, -1, -1]; // whose picture lies in which place: one is the neighbour of two
  const borderedOf = (neighbour: Neighbour): Bytes => {
    const place = neighbour.number % 3;
    const bordered = regions.bordered[place]!;
    if (held[place] !== neighbour.number) padded(neighbour.picture, size, 3, bordered.data);
    held[place] = neighbour.number;
    return bordered;
  };
  return {
    /** Frames of another interval come; `most` is what a neighbour counts where both agree. */
    begin: (most: number): void => {
      held.fill(-1);
      share = most;
    },
    /** What the neighbour before or after a frame says of it; nothing where there is none. */
    listen: (side: 0 | 1, here: Plane, neighbour?: Neighbour): void => {
      const shares = regions.shares[side]!;
      if (!neighbour) return void shares.data.fill(0);
      see(neighbour.way.map, borderedOf(neighbour), regions.seen[side]!);
      map.data.set(neighbour.way.map);
      hidden.data.set(neighbour.way.hidden);
      lumaHere!.data.set(here.data);
      lumaThere!.data.set(neighbour.luma.data);
      kernels.agreement(map.at, hidden.at, lumaThere!.at, lumaHere!.at, grid.width, grid.height, share, RANGE, shares.at);
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
 * What each frame's motion errs otherwise than the next one's is averaged over three.
 */
export const steadied = <Proposal>(tier: Tier<Proposal>): Tier<Proposal> => {
  const workspace = whileSizesStay(openWorkspace);
  const calm = (made: Uint8Array<ArrayBuffer>[], interval: Interval, checkpoint: () => void): Uint8Array<ArrayBuffer>[] => {
    const { frames, first, last, steady = 0 } = interval;
    if (made.length === 0 || steady === 0) return made;
    const flows = soundFlows(interval.flows);
    const pictures = [first.data, ...made, ...(last ? [last.data] : [])];
    const { begin, listen, mix } = workspace(first, flows[0]!);
    const lumas = pictures.map((_, n) => lumaOn(frames[n]!, flows[0]!));
    const waysBetween = (n: number) => waysOf(flows[n]!, lumas[n]!, lumas[n + 1]!);
    const neighbour = (number: number, way: Way): Neighbour => ({ number, picture: pictures[number]!, luma: lumas[number]!, way });
    begin(steady);
    let ways = waysBetween(0);
    return made.map((picture, i) => {
      checkpoint();
      const n = i + 1;
      listen(0, lumas[n]!, neighbour(n - 1, ways.back));
      if (n + 1 < pictures.length) {
        ways = waysBetween(n);
        listen(1, lumas[n]!, neighbour(n + 1, ways.there));
      } else listen(1, lumas[n]!);
      return mix(picture);
    });
  };
  return {
    walk: tier.walk,
    whole: (interval, checkpoint) => calm(tier.whole(interval, checkpoint), interval, checkpoint),
    mix: (interval, early, late, checkpoint) => calm(tier.mix(interval, early, late, checkpoint), interval, checkpoint),
  };
};
