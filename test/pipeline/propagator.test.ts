import type { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import type { Frame } from '../../media/frame.ts';
import { openPropagator } from '../../pipeline/session/propagator.ts';
import { estimatePair } from '../../stages/flow/estimate.ts';
import { openPatchTier } from '../../stages/propagate/patch-tier.ts';
import { steadied } from '../../stages/propagate/steady.ts';

/** A texture that moves to the right by a pixel a frame; `tint` is added to its red. */
const frame = (index: number, tint = 0, width = 64, height = 48): Frame => {
  const data = new Uint8Array(3 * width * height);
  for (let p = 0; p < width * height; p++) {
    const [x, y] = [(p % width) - index, Math.floor(p / width)];
    for (let c = 0; c < 3; c++) data[3 * p + c] = 110 + 60 * Math.sin(x / (3 + c)) * Math.cos(y / 5) + (c === 0 ? tint : 0);
  }
  return { width, height, data, index, time: index / 25 };
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
    const job = { frames, first, last, tier: 'patch', motion: 'fine', poisson: false, steady: 0.5 } as const;
    await propagator.interval(job, signal); // its first jobs are posted before anyone hears of the threads
    jobs.length = 0;
    const made = await propagator.interval(job, signal);
    expect(jobs.map(({ name }) => name)).toEqual(['pair', 'pair', 'pair', 'walk', 'walk', 'mix']);
    expect(jobs.map(({ copied }) => copied)).toEqual([0, 0, 0, 0, 0, 0]);

    const flows = [0, 1, 2].map(n => estimatePair(frames[n]!, frames[n + 1]!, 'fine'));
    const between = steadied(openPatchTier()).whole({ frames, flows, first, last, steady: 0.5 }, () => undefined);
    expect(made.map(({ data }) => data)).toEqual([first.data, ...between, last.data]);

    const begun = await propagator.ahead({ frames, first, tier: 'patch', motion: 'fine' }, signal); // the last key is not there yet
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

test('motion between frames is as fine as asked, what is made ahead, too', async () => {
  const propagator = openPropagator({ jobs: 2 });
  const { signal } = new AbortController();
  const frames = [0, 1, 2].map(index => frame(index, 0, 256, 256)); // the smallest that are halved
  const [first, last] = [frame(0, 40, 256, 256), frame(2, 40, 256, 256)];
  const job = { frames, first, last, tier: 'patch', poisson: false, steady: 0 } as const;
  try {
    for (const motion of ['coarse', 'fine'] as const) {
      const flows = [0, 1].map(n => estimatePair(frames[n]!, frames[n + 1]!, motion));
      expect(flows[0]).toMatchObject({ width: motion === 'fine' ? 256 : 128 });
      const between = openPatchTier().whole({ frames, flows, first, last }, () => undefined);
      const begun = await propagator.ahead({ ...job, motion }, signal);
      for (const ahead of [undefined, begun]) {
        const made = await propagator.interval({ ...job, motion }, signal, ahead);
        expect(made.map(({ data }) => data)).toEqual([first.data, ...between, last.data]);
      }
    }
  } finally {
    await propagator.close();
  }
});
