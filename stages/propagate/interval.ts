// The unit of propagation: the frames from one key frame to the next. Intervals know nothing of each other.
import type { Picture } from '../../media/frame.ts';
import type { FlowPair } from '../flow/estimate.ts';
import type { Grid } from '../flow/grid.ts';
import { workspaceOf } from '../flow/workspace.ts';

/** Frames between two key frames, their motion and the painted ends. */
export type Interval = {
  /** The source frames in order, key frames included: at least one, all of one size. */
  readonly frames: readonly Picture[];
  /** Motion between neighbours: `flows[i]` leads from `frames[i]` to `frames[i + 1]`; one fewer than frames. */
  readonly flows: readonly FlowPair[];
  /** The stylised picture of the first frame, of the frames' size. */
  readonly first: Picture;
  /** That of the last frame; without it the whole tail after the first frame is made from `first`. */
  readonly last?: Picture | undefined;
  /**
   * Give the mix of both keys the detail of one at every place (screened Poisson): sharper, but flickers more.
   * Default: no; tier `patch` only.
   */
  readonly poisson?: boolean | undefined;
  /**
   * How much each frame takes in of both neighbours along the motion, 0..1 (see {@link steadied}): steadier, a little softer.
   * Default 0: nothing; tiers `patch` and `warp` only.
   */
  readonly steady?: number | undefined;
};

const FURTHEST = 1e6; // cells; a vector beyond, or one that is no number, is taken as no motion

const sound = (field: Float32Array, { width, height }: Grid): Float32Array => {
  const { kernels, field: region } = workspaceOf(width, height);
  region.data.set(field);
  if (kernels.isSound(region.at, field.length, FURTHEST)) return field;
  return field.map((_, n) => (Math.abs(field[n & ~1]!) < FURTHEST && Math.abs(field[n | 1]!) < FURTHEST ? field[n]! : 0));
};

/** The flows with every vector finite. */
export const soundFlows = (flows: readonly FlowPair[]): FlowPair[] =>
  flows.map(flow => ({ ...flow, forward: sound(flow.forward, flow), backward: sound(flow.backward, flow) }));

/** How many pictures an interval lacks: all frames but the keys. `alone`: it has one key. */
export const inBetween = ({ frames, alone }: Pick<Walk, 'frames' | 'alone'>): number => Math.max(0, frames.length - (alone ? 1 : 2));

/** A walk away from one key over the frames between, for which the other key's picture need not be there. */
export type Walk = Pick<Interval, 'frames' | 'flows'> & {
  /** The stylised picture of the frame that it begins at, the first or the last one. */
  readonly key: Picture;
  readonly side: Side;
  /** Whether no other key shares the interval. */
  readonly alone: boolean;
};

export type Side = 'first' | 'last';

/**
 * A way of making the frames between. All of it calls `checkpoint` between frames and gives the same bytes for the same interval, in one
 * piece or in three.
 */
export type Tier<Proposal = unknown> = {
  /** RGB bytes of the frames between, in order. Memory: the proposals of one walk. */
  whole(interval: Interval, checkpoint: () => void): Uint8Array<ArrayBuffer>[];
  /** What one key says of the frames between, in order, in shared memory. */
  walk(walk: Walk, checkpoint: () => void): Proposal[];
  /** The frames between out of what both keys say of them. */
  mix(interval: Interval, early: readonly Proposal[], late: readonly Proposal[], checkpoint: () => void): Uint8Array<ArrayBuffer>[];
};
