import type { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import type { Frame } from '../../media/frame.ts';
import { openPropagator } from '../../pipeline/session/propagator.ts';
import { estimatePair } from '../../stages/flow/estimate.ts';
import { openPatchTier } from '../../stages/propagate/patch-tier.ts';
import { steadied } from '../../stages/propagate/steady.ts';

const [WIDTH, HEIGHT] = [64, 48];

/** A texture that moves to the right by a pixel a frame; `tint` is added to its red. */
const frame = (index: number, tint = 0): Frame => {
  const data = new Uint8Array(3 * WIDTH * HEIGHT);
  for (let p = 0; p < WIDTH * HEIGHT; p++) {
    const [x, y] = [(p % WIDTH) - index, Math.floor(p / WIDTH)];
    for (let c = 0; c < 3; c++) data[3 * p + c] = 110 + 60 * Math.sin(x / (3 + c)) * Math.cos(y / 5) + (c === 0 ? tint : 0);
  }
  return { width: WIDTH, height: HEIGHT, data, index, time: index / 25 };
};

/** Bytes of a message that a post copies: all binary data but shared memory and what is on the transfer list. */
const copiedBytes = (message: unknown, transfer: readonly unknown[]): number => {
  if (typeof message !== 'object' || message === null) return 0;
  const buffer = ArrayBuffer.isView(message) ? message.buffer : message;
  if (buffer instanceof SharedArrayBuffer || transfer.includes(buffer)) return 0;
  if (buffer instanceof ArrayBuffer) return buffer.byteLength;
  return Object.values(message).reduce((sum: number, part) => sum + copiedBytes(part, transfer), 0);
};

/** Notes the name and the copied bytes of every job that the threads are handed from their first one on. */
const watchJobs = () => {
  const jobs: { name: string; copied: number }[] = [];
  const watch = (worker: Worker): void => {
    const post = worker.postMessage.bind(worker);
    worker.postMessage = (job: { name: string }, transfer: readonly unknown[] = []) => {
      jobs.push({ name: job.name, copied: copiedBytes(job, transfer) });
      post(job, transfer as []);
    };
  };
  process.on('worker', watch);
  return { jobs, stop: () => process.off('worker', watch) };
};

test('frames, keys and motion go to the threads without a copy, and come to what one thread makes of them', async () => {
  const { jobs, stop } = watchJobs();
  const propagator = openPropagator({ jobs: 1 });
  try {
    const { signal } = new AbortController();
    const frames = [0, 1, 2, 3].map(index => frame(index));
    const [first, last] = [frame(0, 40), frame(3, 40)];
    const job = { frames, first, last, tier: 'patch', poisson: false, steady: 0.5 } as const;
    await propagator.interval(job, signal); // its first jobs are posted before anyone hears of the threads
    jobs.length = 0;
    const made = await propagator.interval(job, signal);
    expect(jobs.map(({ name }) => name)).toEqual(['pair', 'pair', 'pair', 'walk', 'walk', 'mix']);
    expect(jobs.map(({ copied }) => copied)).toEqual([0, 0, 0, 0, 0, 0]);

    const flows = [0, 1, 2].map(n => estimatePair(frames[n]!, frames[n + 1]!, 'neighbours'));
    const between = steadied(openPatchTier()).whole({ frames, flows, first, last, steady: 0.5 }, () => undefined);
    expect(made.map(({ data }) => data)).toEqual([first.data, ...between, last.data]);

    const begun = await propagator.ahead({ frames, first, tier: 'patch' }, signal); // the last key is not there yet
    jobs.length = 0;
    expect(await propagator.interval({ ...job, frames: begun.frames }, signal, begun)).toEqual(made);
    expect(jobs).toEqual([
      { name: 'walk', copied: 0 },
      { name: 'mix', copied: 0 },
    ]);
  } finally {
    stop();
    await propagator.close();
  }
});
