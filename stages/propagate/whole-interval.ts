// One interval from its frames and its painted ends: motion between neighbours, then both ends carried along it.
import type { Picture } from '../../media/frame.ts';
import { shared } from '../../threads/share.ts';
import type { Flow } from '../flow/flow.ts';
import type { Propagation } from './propagate.ts';

/** What propagates, and how. */
export type PropagateWith = {
  readonly flow: Pick<Flow, 'pair'>;
  readonly propagation: Pick<Propagation, 'interval'>;
  /** See {@link Interval}; default no. */
  readonly poisson?: boolean | undefined;
  /** See {@link Interval}; default 0. */
  readonly steady?: number | undefined;
  readonly signal?: AbortSignal | undefined;
};

/** The painted ends of an interval. */
export type PaintedEnds = {
  /** The first frame, painted; of the frames' size. */
  readonly first: Picture;
  /** The last one, painted; without it `first` alone is carried over all frames. */
  readonly last?: Picture | undefined;
};

/**
 * Carries painted ends over the frames of an interval.
 * @param frames the source's frames in order, both ends included, all of one size
 * @returns a picture for every frame, the painted ends among them as they are
 * @throws UsageError when sizes or counts do not fit, WorkerError, the signal's reason on abort
 */
export const propagateInterval = async (
  frames: readonly Picture[],
  { first, last }: PaintedEnds,
  { flow, propagation, poisson, steady, signal }: PropagateWith,
): Promise<Picture[]> => {
  const sources = frames.map(shared); // each is read by up to three jobs: two of motion, one of propagation
  const needed = last && sources.length <= 2 ? [] : sources.slice(1); // two neighbouring keys need no motion between them
  const flows = await Promise.all(needed.map((frame, i) => flow.pair(sources[i]!, frame, { signal })));
  const between = needed.length === 0 ? [] : await propagation.interval({ frames: sources, flows, first, last, poisson, steady }, signal);
  return [first, ...between, ...(last ? [last] : [])];
};
