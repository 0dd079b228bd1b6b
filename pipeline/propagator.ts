// Makes the frames between key frames: motion between neighbours, then both key frames carried along it.
import { availableParallelism } from 'node:os';
import type { Options } from '../config/options.ts';
import type { Frame, Picture } from '../media/frame.ts';
import { openFlow } from '../stages/flow/flow.ts';
import { openPropagation } from '../stages/propagate/propagate.ts';
import { shared } from '../threads/share.ts';

export type Propagator = {
  /** Intervals that may be worked on at once. */
  readonly jobs: number;
  /** All frames of an interval, key frames included: `first` and, where there is one, `last` as they were drawn. */
  interval(frames: readonly Frame[], first: Picture, last: Picture | undefined, signal: AbortSignal): Promise<Picture[]>;
  close(): Promise<void>;
};

export const openPropagator = ({
  jobs = availableParallelism(),
  propagate,
  poisson,
}: Pick<Options, 'jobs' | 'propagate' | 'poisson'>): Propagator => {
  const flow = openFlow({ workers: jobs });
  const propagation = openPropagation({ workers: jobs, tier: propagate });
  return {
    jobs,
    interval: async (decoded, first, last, signal) => {
      const frames = decoded.map(shared); // each is read by up to three jobs: two of motion, one of propagation
      const needed = last && frames.length <= 2 ? [] : frames.slice(1); // two neighbouring keys need no motion between them
      const flows = await Promise.all(needed.map((frame, i) => flow.pair(frames[i]!, frame, { signal })));
      const between = needed.length === 0 ? [] : await propagation.interval({ frames, flows, first, last, poisson }, signal);
      return [first, ...between, ...(last ? [last] : [])];
    },
    close: async () => {
      await Promise.all([flow.close(), propagation.close()]);
    },
  };
};
