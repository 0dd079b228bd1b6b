// The unit of propagation: the frames from one key frame to the next. Intervals know nothing of each other.
import type { Picture } from '../../media/frame.ts';
import type { FlowPair } from '../flow/estimate.ts';

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

const sound = (field: Float32Array): Float32Array => {
  let far = 0;
  for (let n = 0; n < field.length; n++) if (!(Math.abs(field[n]!) < FURTHEST)) far++;
  if (far === 0) return field;
  return field.map((_, n) => (Math.abs(field[n & ~1]!) < FURTHEST && Math.abs(field[n | 1]!) < FURTHEST ? field[n]! : 0));
};

/** The flows with every vector finite. */
export const soundFlows = (flows: readonly FlowPair[]): FlowPair[] =>
  flows.map(flow => ({ ...flow, forward: sound(flow.forward), backward: sound(flow.backward) }));

/** How many pictures an interval lacks: all frames but the keys. */
export const inBetween = ({ frames, last }: Pick<Interval, 'frames' | 'last'>): number => Math.max(0, frames.length - (last ? 2 : 1));

/** A way of making them: returns RGB bytes, in order; calls `checkpoint` between frames. Same interval, same bytes. */
export type Tier = (interval: Interval, checkpoint: () => void) => Uint8Array<ArrayBuffer>[];
