// Measures propagation on this machine: time and memory of a frame between key frames, and how steady it is, on the user's own clip.
// The clip's own frames serve as key frames, so no model is needed; what a frame costs depends on its motion, not on the style.
import { setMaxListeners } from 'node:events';
import { UsageError } from '../../config/errors.ts';
import type { Options, PartialOptions } from '../../config/options.ts';
import type { Frame, Picture } from '../../media/frame.ts';
import type { Size } from '../../media/size.ts';
import { openFlow } from '../../stages/flow/flow.ts';
import { openPropagator } from '../session/propagator.ts';
import { settleRun } from '../session/settle.ts';
import { openSource } from '../session/source.ts';
import type { Propagator } from '../steps/held.ts';
import { costOf, per, type Seconds } from './cost.ts';
import { type Steadiness, steadiness } from './steadiness.ts';

export type PropagationBenchRequest = {
  readonly input: string;
  /** Those that choose the clip's part, its size, the tier and the threads; as in a run. */
  readonly options: PartialOptions;
  /** Frames from one key frame to the next. */
  readonly interval: number;
  /** Intervals from the start of the chosen part. */
  readonly intervals: number;
  readonly signal: AbortSignal;
  /** Receives what is done next. */
  readonly onStep: (what: string) => void;
};

export type PropagationBench = Size &
  Steadiness & {
    readonly input: string;
    readonly frames: number;
    readonly interval: number;
    readonly tier: Options['propagate'];
    readonly jobs: number;
    /** A frame between two key frames, its motion included. */
    readonly seconds: Seconds;
    /** Bytes that the process grew by at its largest, the frames made among them. */
    readonly memory: number;
  };

/** Whole intervals from the start of the clip. @throws UsageError when there is not one */
const readFrames = async (
  { input, interval, intervals, signal, onStep }: PropagationBenchRequest,
  options: Options,
): Promise<{ frames: Frame[]; size: Size }> => {
  const source = await openSource(input, options, { signal, warn: onStep });
  const frames: Frame[] = [];
  const only = Array.from({ length: interval * intervals + 1 }, (_, n) => n);
  for await (const frame of source.frames(source.size, { only })) frames.push(frame);
  if (frames.length <= interval) {
    throw new UsageError(`${input} has ${frames.length} frames: the bench needs ${interval + 1}, or a smaller --interval.`);
  }
  return { frames: frames.slice(0, Math.floor((frames.length - 1) / interval) * interval + 1), size: source.size };
};

/** How the frames between keys are made: frames from key to key, and the options of these names. */
type PropagateHow = Pick<Options, 'motion' | 'poisson' | 'steady'> & { readonly interval: number; readonly tier: Options['propagate'] };

/** All intervals at once, as a run works on them. @returns every frame, the keys among them */
const propagate = async (
  propagator: Propagator,
  frames: readonly Frame[],
  { interval, tier, ...how }: PropagateHow,
  signal: AbortSignal,
): Promise<readonly Picture[]> => {
  const starts = Array.from({ length: (frames.length - 1) / interval }, (_, n) => n * interval);
  const made = await Promise.all(
    starts.map(from => {
      const sources = frames.slice(from, from + interval + 1);
      return propagator.interval({ frames: sources, first: frames[from]!, last: frames[from + interval], tier, ...how }, signal);
    }),
  );
  return [...made.flatMap(pictures => pictures.slice(0, -1)), frames.at(-1)!];
};

/** The steadiness of what was made, along motion that is estimated once more. */
const judge = async (pictures: readonly Picture[], frames: readonly Frame[], workers: number, signal: AbortSignal) => {
  const flow = openFlow({ workers });
  try {
    const flows = await Promise.all(frames.slice(1).map((frame, n) => flow.pair(frames[n]!, frame, { signal })));
    return steadiness(pictures, frames, flows);
  } finally {
    await flow.close();
  }
};

/** @throws UsageError for a clip that is too short, MediaError for one that cannot be read */
export const benchPropagation = async (request: PropagationBenchRequest): Promise<PropagationBench> => {
  const { input, interval, signal, onStep } = request;
  const { options } = await settleRun([{ origin: { kind: 'flag' }, values: request.options }]);
  setMaxListeners(0, signal); // every frame's work listens to it
  const { frames, size } = await readFrames(request, options);
  const propagator = openPropagator(options);
  const { propagate: tier, motion, poisson, steady } = options;
  const how = { interval, tier, motion, poisson, steady };
  try {
    onStep('starting threads');
    const short = Math.min(interval, 2);
    await Promise.all(
      Array.from({ length: propagator.jobs }, () => propagate(propagator, frames.slice(0, short + 1), { ...how, interval: short }, signal)),
    );
    onStep(`${options.propagate}: ${frames.length} frames at ${size.width}x${size.height}`);
    const { value, seconds, memory } = await costOf(() => propagate(propagator, frames, how, signal));
    const between = frames.length - 1 - (frames.length - 1) / interval;
    onStep('steadiness');
    return {
      input,
      frames: frames.length,
      ...size,
      interval,
      tier: options.propagate,
      jobs: propagator.jobs,
      seconds: per(seconds, between),
      memory,
      ...(await judge(value, frames, propagator.jobs, signal)),
    };
  } finally {
    await propagator.close();
  }
};
