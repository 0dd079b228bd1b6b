// The metrics stage: frames measured on worker threads.
import { UsageError } from '../../config/errors.ts';
import { workerEntry } from '../../config/paths.ts';
import { openPool } from '../../threads/pool.ts';
import type { FrameMeasure, MeasureInput } from './measure.ts';
import type { MetricsTasks } from './worker.ts';

/** Worker threads that measure frames. */
export type Metrics = {
  /** Measures one frame of a result against its source. Errors: UsageError when sizes differ or are under 2x2, WorkerError. */
  frame(input: MeasureInput, signal?: AbortSignal): Promise<FrameMeasure>;
  /** Ends the threads; what still runs is rejected. */
  close(): Promise<void>;
};

/** Opens the measures over at most `workers` threads (default 1), each started when first needed. docs/metrics.md has their equations. */
export const openMetrics = ({ workers = 1 }: { workers?: number } = {}): Metrics => {
  const pool = openPool<MetricsTasks>(workerEntry(import.meta.url, 'worker'), { size: workers, name: 'metrics' });
  return {
    frame: async (input, signal) => {
      const { width, height } = input.at.source;
      const couples = [input.at, input.before, input.after].filter(couple => couple !== undefined);
      const sizes = couples.flatMap(({ source, output }) => [source, output]);
      if (width < 2 || height < 2 || sizes.some(picture => picture.width !== width || picture.height !== height)) {
        throw new UsageError('metrics: frames must be of one size, at least 2x2');
      }
      return pool.run('frame', input, { signal });
    },
    close: () => pool.close(),
  };
};
