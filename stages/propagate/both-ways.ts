// The way of every tier: a walk away from each key, which proposes a picture for every frame, and a mix of what both propose.
import type { Picture } from '../../media/frame.ts';
import type { Grid } from '../flow/grid.ts';
import { awayFromFirst, awayFromLast } from './chain.ts';
import { type Interval, inBetween, type Side, soundFlows, type Tier, type Walk } from './interval.ts';

/** Motion of a frame to the neighbour visited before, and of that neighbour to the frame; interleaved x, y in cells. */
export type Motion = ReturnType<typeof awayFromFirst>;

/** A walk away from a key: its steps are called for one frame after another; what they give, the step after may reuse. */
export type Step<Proposal> = (n: number, motion: Motion) => Proposal;

/** RGB of frame n from what both walks propose for it. Without last key there is no `late`. `motion` is the walk's from the first key. */
export type Mix<Proposal> = (n: number, early: Proposal, late: Proposal | undefined, motion: Motion) => Uint8Array<ArrayBuffer>;

/** The frames that keys are carried over; `count` of them lie between. */
export type Span = Pick<Interval, 'frames' | 'flows'> & { readonly count: number; readonly grid: Grid; readonly alone: boolean };

export type Ways<Proposal> = {
  /** Begins a walk; the one before has ended. */
  from(key: Picture, side: Side): Step<Proposal>;
  mixer(ends: Pick<Interval, 'first' | 'last' | 'poisson'>): Mix<Proposal>;
};

export type TierOptions<Proposal> = {
  /** Called for each job over a span. `size` is that of the pictures. */
  readonly begin: (span: Span, size: Grid, checkpoint: () => void) => Ways<Proposal>;
  /** The proposal in memory of its own, which threads share. */
  readonly kept: (proposal: Proposal) => Proposal;
};

const spanOf = ({ frames, flows }: Pick<Interval, 'frames' | 'flows'>, alone: boolean): Span => {
  const sound = soundFlows(flows);
  return { frames, flows: sound, count: inBetween({ frames, alone }), grid: sound[0]!, alone };
};

/** All steps of a walk; `take` has each proposal before the next is made. */
const walkAll = <Proposal>(
  { flows, count }: Span,
  side: Side,
  next: Step<Proposal>,
  take: (n: number, proposal: Proposal, motion: Motion) => void,
  checkpoint: () => void,
): void => {
  for (let i = 1; i <= count; i++) {
    checkpoint();
    const n = side === 'first' ? i : count + 1 - i;
    const motion = side === 'first' ? awayFromFirst(flows[n - 1]!) : awayFromLast(flows[n]!);
    take(n, next(n, motion), motion);
  }
};

/** A tier from what it does on the way. */
export const bothWays = <Proposal>({ begin, kept }: TierOptions<Proposal>): Tier<Proposal> => ({
  whole: (interval, checkpoint) => {
    const { first, last } = interval;
    if (inBetween({ ...interval, alone: !last }) === 0) return [];
    const span = spanOf(interval, !last);
    const ways = begin(span, first, checkpoint);
    const late: Proposal[] = [];
    if (last) walkAll(span, 'last', ways.from(last, 'last'), (n, proposal) => (late[n] = kept(proposal)), checkpoint);
    const next = ways.from(first, 'first');
    const mix = ways.mixer(interval);
    const pictures: Uint8Array<ArrayBuffer>[] = [];
    const take = (n: number, early: Proposal, motion: Motion): void => {
      pictures.push(mix(n, early, late[n], motion));
      delete late[n];
    };
    walkAll(span, 'first', next, take, checkpoint);
    return pictures;
  },
  walk: (walk: Walk, checkpoint) => {
    const span = spanOf(walk, walk.alone);
    const next = begin(span, walk.key, checkpoint).from(walk.key, walk.side);
    const proposals: Proposal[] = [];
    walkAll(span, walk.side, next, (n, proposal) => (proposals[n - 1] = kept(proposal)), checkpoint);
    return proposals;
  },
  mix: (interval, early, late, checkpoint) => {
    const span = spanOf(interval, !interval.last);
    const mix = begin(span, interval.first, checkpoint).mixer(interval);
    return early.map((proposal, i) => {
      checkpoint();
      return mix(i + 1, proposal, late[i], awayFromFirst(span.flows[i]!));
    });
  },
});

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
