// The flow stage: motion between frames, estimated on worker threads.
import { UsageError } from '../../config/errors.ts';
import { workerEntry } from '../../config/paths.ts';
import type { Picture } from '../../media/frame.ts';
import { openPool } from '../../threads/pool.ts';
import { shared } from '../../threads/share.ts';
import type { FlowPair } from './estimate.ts';
import type { Detail } from './grid.ts';
import type { FlowTasks } from './worker.ts';

/** Worker threads that estimate motion. */
export type Flow = {
  /**
   * Motion from `first` to `second` and back, with occlusions, on the grid whose size the result holds (see `resizeFlow`).
   * `detail` (default `'coarse'`): `'fine'` works on a grid twice as fine: half the error for four times the work.
   * Pictures in shared memory are not copied. Several calls run on several threads. Errors: UsageError when the sizes differ, WorkerError.
   */
  pair(first: Picture, second: Picture, options?: { detail?: Detail; signal?: AbortSignal }): Promise<FlowPair>;
  /** Ends the threads; what still runs is rejected. */
  close(): Promise<void>;
};

/**
 * Opens the flow stage over at most `workers` threads (default 1), each started when first needed: dense inverse search (Kroeger et al.
 * 2016), both ways, with occlusions.
 */
export const openFlow = ({ workers = 1 }: { workers?: number } = {}): Flow => {
  const pool = openPool<FlowTasks>(workerEntry(import.meta.url, 'worker'), { size: workers, name: 'flow' });
  return {
    pair: async (first, second, { detail = 'coarse', signal } = {}) => {
      if (first.width !== second.width || first.height !== second.height) {
        throw new UsageError(
          `flow: the pictures must be of one size, got ${first.width}x${first.height} and ${second.width}x${second.height}`,
        );
      }
      return pool.run('pair', { first: shared(first), second: shared(second), detail }, { signal });
    },
    close: () => pool.close(),
  };
};
