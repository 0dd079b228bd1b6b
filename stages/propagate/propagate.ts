// The propagation stage: from key frames to the frames between them, a worker thread an interval.
import { UsageError } from '../../config/errors.ts';
import { workerEntry } from '../../config/paths.ts';
import type { Picture } from '../../media/frame.ts';
import { openPool } from '../../threads/pool.ts';
import { share, shared } from '../../threads/share.ts';
import type { FlowPair } from '../flow/estimate.ts';
import { type Interval, inBetween, type Side } from './interval.ts';
import type { PropagationTasks, TierId } from './worker.ts';

export type { Interval } from './interval.ts';

/**
 * How frames between key frames are made.
 * - `'patch'` (default): both keys warped along the composed optical flow and blended; where the motion fails, patches of the keys instead
 * - `'warp'`: both keys warped along the composed optical flow and blended, without patches; three times as fast
 * - `'faithful'`: EbSynth's synthesis of every frame and Rerender's fusion; more than ten times slower, for comparison
 * - `'origins'`: as `'patch'`, and its pictures show by colours where each pixel comes from: gold the key before, teal the key behind,
 *   green both, pink synthesised, grey the source
 */
export type TierName = TierId;

/** What a walk away from the first key says of the frames between. */
export type Early = { readonly proposals: readonly unknown[] };

const MOST = 256 * 2 ** 20; // bytes that both walks' proposals may take

/** Whether both walks' proposals may wait for each other: 4 bytes a pixel and two floats a cell. */
const fits = ({ frames, flows, first: { width, height } }: Omit<Interval, 'last'>): boolean => {
  const [grid] = flows;
  const cells = grid ? grid.width * grid.height : 0;
  return 2 * frames.length * (4 * width * height + 8 * cells) <= MOST;
};

/** Worker threads that make the frames between key frames. */
export type Propagation = {
  /**
   * The pictures between an interval's keys, in order: one for every frame but the keys, none when there are only keys.
   * The result depends on the interval alone, not on the number of threads. What is in shared memory is not copied. An interval with two
   * keys is two jobs, a walk away from each, and a third that mixes them, where that takes less than 256 MB.
   * @param early what `ahead` gave for the same interval
   * Errors: UsageError when sizes or counts do not fit, WorkerError.
   */
  interval(interval: Interval, signal?: AbortSignal, early?: Early): Promise<Picture[]>;
  /** What the first key says of the frames between it and a last key that is not there yet; nothing where that would take too much. */
  ahead(interval: Omit<Interval, 'last'>, signal?: AbortSignal): Promise<Early | undefined>;
  /** Ends the threads; what still runs is rejected. */
  close(): Promise<void>;
};

const check = ({ frames, flows, first, last }: Interval): void => {
  if (frames.length === 0 || (last && frames.length < 2)) {
    throw new UsageError(`propagation: an interval needs a frame for each of its keys, got ${frames.length}`);
  }
  if (flows.length !== frames.length - 1) {
    throw new UsageError(`propagation: ${frames.length} frames need ${frames.length - 1} flows between them, got ${flows.length}`);
  }
  const { width, height } = first;
  const grid = flows[0];
  const torn = flows.find(
    flow =>
      flow.width !== grid?.width ||
      flow.height !== grid.height ||
      [flow.forward, flow.backward].some(field => field.length !== 2 * flow.width * flow.height),
  );
  if (torn) throw new UsageError(`propagation: every flow must be a field on one grid, got one of ${torn.width}x${torn.height}`);
  const odd = [...frames, ...(last ? [last] : [])].find(picture => picture.width !== width || picture.height !== height);
  if (odd) throw new UsageError(`propagation: every picture must be ${width}x${height} like the first key, got ${odd.width}x${odd.height}`);
};

const sharedFlow = (flow: FlowPair): FlowPair => ({
  ...flow,
  forward: share(flow.forward),
  backward: share(flow.backward),
  hiddenInSecond: share(flow.hiddenInSecond),
  hiddenInFirst: share(flow.hiddenInFirst),
});

const inSharedMemory = (interval: Interval): Interval => ({
  ...interval,
  frames: interval.frames.map(shared),
  flows: interval.flows.map(sharedFlow),
  first: shared(interval.first),
  last: interval.last && shared(interval.last),
});

/**
 * Opens the propagation stage over at most `workers` threads (default 1), each started when first needed; `tier` defaults to `'patch'`.
 * {@link propagateInterval} uses it together with motion.
 */
export const openPropagation = ({ workers = 1, tier = 'patch' }: { workers?: number; tier?: TierName } = {}): Propagation => {
  const pool = openPool<PropagationTasks>(workerEntry(import.meta.url, 'worker'), { size: workers, name: 'propagation' });
  const walk = ({ frames, flows, first: key }: Omit<Interval, 'last'>, side: Side, signal?: AbortSignal): Promise<readonly unknown[]> =>
    pool.run('walk', { tier, frames, flows, key, side, alone: false }, { signal });
  return {
    interval: async (given, signal, early) => {
      check(given);
      const alone = !given.last;
      if (inBetween({ ...given, alone }) === 0) return [];
      const { width, height } = given.first;
      const interval = inSharedMemory(given);
      const { last } = interval;
      const made = async (): Promise<Uint8Array[]> => {
        if (!last || !fits(interval)) return pool.run('whole', { ...interval, tier }, { signal });
        const walks = [early?.proposals ?? walk(interval, 'first', signal), walk({ ...interval, first: last }, 'last', signal)];
        const [fromFirst, fromLast] = await Promise.all(walks);
        return pool.run('mix', { tier, interval, early: fromFirst!, late: fromLast! }, { signal });
      };
      return (await made()).map(data => ({ width, height, data }));
    },
    ahead: async (given, signal) => {
      check(given);
      if (inBetween({ ...given, alone: false }) === 0 || !fits(given)) return undefined;
      return { proposals: await walk(inSharedMemory(given), 'first', signal) };
    },
    close: () => pool.close(),
  };
};
