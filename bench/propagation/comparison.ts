// Compares the ways of propagation on one clip: a filter that is known for every frame is the style, every K-th filtered frame is a key,
// and what is made between is compared with the withheld ones.
import { setMaxListeners } from 'node:events';
import { availableParallelism } from 'node:os';
import { UsageError } from '../../config/errors.ts';
import { decodeFrames } from '../../media/decode.ts';
import { findFfmpeg } from '../../media/ffmpeg.ts';
import type { Picture } from '../../media/frame.ts';
import { probe } from '../../media/probe.ts';
import { costOf, per, type Seconds } from '../../pipeline/bench/cost.ts';
import { steadiness } from '../../pipeline/bench/steadiness.ts';
import type { FlowPair } from '../../stages/flow/estimate.ts';
import { openFlow } from '../../stages/flow/flow.ts';
import type { Detail } from '../../stages/flow/grid.ts';
import { openPatchTier, type Part } from '../../stages/propagate/patch-tier.ts';
import { openPropagation, type TierName } from '../../stages/propagate/propagate.ts';
import { share } from '../../threads/share.ts';
import { runEbsynth } from './ebsynth.ts';
import { paint } from './filter.ts';
import { type Likeness, likeness } from './likeness.ts';
import { pop } from './pop.ts';

export type ComparisonRequest = {
  readonly input: string;
  /** Side of the square that frames are scaled to, pixels. */
  readonly size: number;
  /** Frames from one key to the next. */
  readonly interval: number;
  /** Intervals from the start of the clip. */
  readonly intervals: number;
  readonly tiers: readonly TierName[];
  /** How fine the grid of motion is. */
  readonly motion: Detail;
  /** What frames take in of their neighbours, see the option of this name. */
  readonly steady: number;
  /** Worker threads; default: one a core. */
  readonly jobs?: number | undefined;
  /** EbSynth's program, to run beside. */
  readonly ebsynth?: string | undefined;
  readonly signal: AbortSignal;
  /** Receives what is done next. */
  readonly onStep?: (what: string) => void;
};

/** How steady pictures are along the source's motion: warp error (0..1) and flicker (levels) of docs/metrics.md, and {@link pop}. */
export type Steady = { readonly warpError: number; readonly flicker: number; readonly pop: number };

export type TierReport = Likeness &
  Steady & {
    readonly tier: string;
    /** A frame between keys, without flow. */
    readonly seconds: Seconds;
    /** Bytes that the process grew by at its largest, beyond the pictures made. */
    readonly memory: number;
  };

export type ComparisonReport = {
  readonly input: string;
  readonly frames: number;
  readonly size: number;
  readonly interval: number;
  readonly jobs: number;
  /** Motion of a pair of neighbours, both ways. */
  readonly flow: Seconds;
  /** The truth's own steadiness: what a perfect propagation would show. */
  readonly truth: Steady;
  /** Between two keys. */
  readonly between: readonly TierReport[];
  /** From one key only, half an interval away: the protocol that EbSynth is compared in. */
  readonly single: readonly (Likeness & { readonly tier: string; readonly seconds: number })[];
  /** Tier `patch` on one thread, with the Poisson solver that is optional: seconds of each part a frame. */
  readonly parts: readonly (readonly [part: Part, seconds: number])[];
  /** The default tier at other sizes and numbers of threads. */
  readonly scaling: readonly {
    readonly size: number;
    readonly jobs: number;
    readonly seconds: Seconds;
    readonly pixelsPerSecond: number;
  }[];
};

const average = (all: readonly Likeness[]): Likeness => {
  const of = (name: keyof Likeness): number => all.reduce((sum, each) => sum + each[name], 0) / all.length;
  return { psnr: of('psnr'), ssim: of('ssim'), sharpness: of('sharpness'), edges: of('edges') };
};

type Clip = { readonly frames: readonly Picture[]; readonly truth: readonly Picture[]; readonly flows: readonly FlowPair[] };

const read = async ({ input, interval, intervals, signal }: ComparisonRequest, size: number): Promise<Picture[]> => {
  const ffmpeg = await findFfmpeg({ env: process.env });
  const info = await probe(input, ffmpeg, { signal });
  const frames: Picture[] = [];
  const select = Array.from({ length: interval * intervals + 1 }, (_, n) => n);
  for await (const { width, height, data } of decodeFrames(info, { ffmpeg, width: size, height: size, select, signal })) {
    frames.push({ width, height, data: share(data) });
  }
  if (frames.length <= interval) {
    throw new UsageError(`${input} has ${frames.length} frames: the bench needs ${interval + 1}, or a smaller --interval`);
  }
  return frames.slice(0, Math.floor((frames.length - 1) / interval) * interval + 1);
};

const prepare = async (request: ComparisonRequest, size: number, jobs: number): Promise<Clip & { seconds: Seconds }> => {
  const frames = await read(request, size);
  const flow = openFlow({ workers: jobs });
  try {
    const { motion: detail, signal } = request;
    await Promise.all(Array.from({ length: jobs }, () => flow.pair(frames[0]!, frames[1]!, { detail }))); // first calls run slow code
    const { value, seconds } = await costOf(() =>
      Promise.all(frames.slice(1).map((frame, n) => flow.pair(frames[n]!, frame, { detail, signal }))),
    );
    const truth = frames.map(frame => {
      const picture = paint(frame);
      return { ...picture, data: share(picture.data) };
    });
    return { frames, truth, flows: value, seconds: per(seconds, value.length) };
  } finally {
    await flow.close();
  }
};

/** All intervals at once on `jobs` threads. */
const propagate = async ({ frames, truth, flows }: Clip, tier: TierName, { interval, steady, signal }: ComparisonRequest, jobs: number) => {
  const pool = openPropagation({ workers: jobs, tier });
  const starts = Array.from({ length: (frames.length - 1) / interval }, (_, n) => n * interval);
  const part = (from: number, count: number) => ({ frames: frames.slice(from, from + count + 1), flows: flows.slice(from, from + count) });
  try {
    await Promise.all(
      starts.slice(0, jobs).map(from => pool.interval({ ...part(from, 2), first: truth[from]!, last: truth[from + 2]! }, signal)),
    );
    const { value, seconds, memory } = await costOf(() =>
      Promise.all(
        starts.map(from => pool.interval({ ...part(from, interval), first: truth[from]!, last: truth[from + interval]!, steady }, signal)),
      ),
    );
    const count = starts.length * (interval - 1);
    const made = value.flatMap((pictures, n) => [truth[n * interval]!, ...pictures]);
    const bytes = count * frames[0]!.data.length;
    return { pictures: [...made, truth.at(-1)!], seconds: per(seconds, count), memory: Math.max(0, memory - bytes) };
  } finally {
    await pool.close();
  }
};

/** The first interval on this thread, part by part. */
const timeParts = ({ frames, truth, flows }: Clip, { interval, signal }: ComparisonRequest): ComparisonReport['parts'] => {
  const spent = new Map<Part, number>();
  const tier = openPatchTier({
    clock: (part, work) => {
      const start = performance.now();
      const value = work();
      spent.set(part, (spent.get(part) ?? 0) + performance.now() - start);
      return value;
    },
  });
  const run = (count: number): void => {
    const part = { frames: frames.slice(0, count + 1), flows: flows.slice(0, count), first: truth[0]!, last: truth[count]! };
    tier.whole({ ...part, poisson: true }, () => signal.throwIfAborted());
  };
  run(2); // first calls run slow code
  spent.clear();
  run(interval);
  return [...spent].map(([part, ms]) => [part, ms / 1000 / (interval - 1)]);
};

/** The frame half an interval after each key, from that key alone. */
const single = async ({ frames, truth, flows }: Clip, { interval, tiers, steady, ebsynth, signal, onStep }: ComparisonRequest) => {
  const gap = Math.max(1, Math.floor(interval / 2));
  const from = 0;
  const rows: (Likeness & { tier: string; seconds: number })[] = [];
  const parts = { frames: frames.slice(from, from + gap + 1), flows: flows.slice(from, from + gap) };
  for (const tier of tiers) {
    const pool = openPropagation({ workers: 1, tier });
    try {
      const { value, seconds } = await costOf(() => pool.interval({ ...parts, first: truth[from]!, steady }, signal));
      rows.push({ tier, ...likeness(value.at(-1)!, truth[from + gap]!), seconds: seconds.cpu / gap });
    } finally {
      await pool.close();
    }
  }
  if (ebsynth !== undefined) {
    onStep?.('EbSynth');
    const { picture, seconds } = await runEbsynth(ebsynth, {
      key: frames[from]!,
      style: truth[from]!,
      frame: frames[from + gap]!,
      flows: parts.flows,
      signal,
    });
    rows.push({ tier: 'ebsynth', ...likeness(picture, truth[from + gap]!), seconds });
  }
  return rows;
};

const steady = (pictures: readonly Picture[], { frames, flows }: Clip, isKey: (n: number) => boolean): Steady => {
  const { warpError, flicker } = steadiness(pictures, frames, flows);
  return { warpError: warpError.output, flicker: flicker.output, pop: pop(pictures, isKey) };
};

/** Runs the comparison. @throws UsageError for a clip that is too short, MediaError for one that cannot be read */
export const comparePropagation = async (request: ComparisonRequest): Promise<ComparisonReport> => {
  const { input, size, interval, tiers, signal, onStep } = request;
  const jobs = request.jobs ?? availableParallelism();
  setMaxListeners(0, signal); // every frame's work listens to it
  onStep?.('motion and truth');
  const clip = await prepare(request, size, jobs);
  const isKey = (n: number): boolean => n % interval === 0;
  const between: TierReport[] = [];
  for (const tier of tiers) {
    signal.throwIfAborted();
    onStep?.(tier);
    const { pictures, seconds, memory } = await propagate(clip, tier, request, jobs);
    const withheld = pictures.flatMap((picture, n) => (isKey(n) ? [] : [likeness(picture, clip.truth[n]!)]));
    between.push({ tier, ...average(withheld), ...steady(pictures, clip, isKey), seconds, memory });
  }
  onStep?.('one key');
  const alone = await single(clip, request);
  const scaling: ComparisonReport['scaling'][number][] = [];
  const half = Math.max(16, size >> 1);
  const small = await prepare(request, half, jobs);
  for (const [at, threads] of [
    [half, 1],
    [size, 1],
    [size, jobs],
  ] as const) {
    onStep?.(`scaling: ${at}x${at}, ${threads} threads`);
    const { seconds } = await propagate(at === half ? small : clip, tiers[0]!, request, threads);
    scaling.push({ size: at, jobs: threads, seconds, pixelsPerSecond: (at * at) / seconds.wall });
  }
  onStep?.('parts');
  const parts = timeParts(clip, request);
  const truth = steady(clip.truth, clip, isKey);
  const frames = clip.frames.length;
  return { input, frames, size, interval, jobs, flow: clip.seconds, truth, between, single: alone, parts, scaling };
};
