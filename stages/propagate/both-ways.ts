// The way of every tier: from the last key backwards, keeping what is proposed for each frame, then from the first forwards, mixing.
import type { Picture } from '../../media/frame.ts';
import type { Grid } from '../flow/grid.ts';
import { awayFromFirst, awayFromLast } from './chain.ts';
import { type Interval, inBetween, soundFlows, type Tier } from './interval.ts';

/** Motion of a frame to the neighbour visited before, and of that neighbour to the frame; interleaved x, y in cells. */
export type Motion = ReturnType<typeof awayFromFirst>;

/** A walk away from a key: its steps are called for one frame after another. */
export type Step<Proposal> = (n: number, motion: Motion) => Proposal;

export type Walks<Proposal> = {
  /** Begins the walk from the last key; it has ended when the other begins. */
  readonly fromLast: (key: Picture) => Step<Proposal>;
  readonly fromFirst: (key: Picture) => Step<Proposal>;
  /** RGB of frame n from what both walks propose for it. Without last key there is no `late`. `motion` is the walk's from the first key. */
  readonly mix: (n: number, early: Proposal, late: Proposal | undefined, motion: Motion) => Uint8Array<ArrayBuffer>;
};

/** A tier from what it does on the way; `begin` is called for each interval that lacks pictures. Memory: the proposals of one interval. */
export const bothWays =
  <Proposal>(begin: (interval: Interval, grid: Grid, checkpoint: () => void) => Walks<Proposal>): Tier =>
  (interval, checkpoint) => {
    const { first, last } = interval;
    const count = inBetween(interval);
    if (count === 0) return [];
    const flows = soundFlows(interval.flows);
    const { fromLast, fromFirst, mix } = begin({ ...interval, flows }, flows[0]!, checkpoint);
    const late: Proposal[] = [];
    if (last) {
      const propose = fromLast(last);
      for (let n = count; n >= 1; n--) {
        checkpoint();
        late[n] = propose(n, awayFromLast(flows[n]!));
      }
    }
    const propose = fromFirst(first);
    const pictures: Uint8Array<ArrayBuffer>[] = [];
    for (let n = 1; n <= count; n++) {
      checkpoint();
      const motion = awayFromFirst(flows[n - 1]!);
      pictures.push(mix(n, propose(n, motion), late[n], motion));
      delete late[n];
    }
    return pictures;
  };

/** Keeps what is opened for pictures of a size on a grid for as long as the sizes stay. */
export const whileSizesStay = <Workspace>(open: (size: Grid, grid: Grid) => Workspace): ((size: Grid, grid: Grid) => Workspace) => {
  let [sizes, workspace]: [string, Workspace | undefined] = ['', undefined];
  return (size, grid) => {
    const wanted = [size, grid].map(({ width, height }) => `${width}x${height}`).join(' on ');
    if (workspace === undefined || sizes !== wanted) {
      const [pixels, cells] = [size, grid].map(({ width, height }) => ({ width, height }));
      [sizes, workspace] = [wanted, open(pixels!, cells!)];
    }
    return workspace;
  };
};
