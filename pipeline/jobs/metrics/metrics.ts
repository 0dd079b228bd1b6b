// `rerender metrics` as a function: a result measured against its source, streaming, frame by frame.
import { availableParallelism } from 'node:os';
import { optionsLayer, settle } from '../../../config/layers.ts';
import type { Options } from '../../../config/options.ts';
import { refuseUnread } from '../../../config/unread.ts';
import type { FlowPair } from '../../../stages/flow/estimate.ts';
import { type Flow, openFlow } from '../../../stages/flow/flow.ts';
import type { FrameMeasure, Neighbour } from '../../../stages/metrics/measure.ts';
import { openMetrics } from '../../../stages/metrics/metrics.ts';
import { motionToFirst, motionToSecond } from '../../../stages/metrics/sampler.ts';
import { shotsOf } from '../../../stages/shots/keyframes.ts';
import type { Listener } from '../../events.ts';
import type { Request } from '../../session/request.ts';
import { type Scope, withScope } from '../../session/scope.ts';
import { openWorkshop } from '../../session/workshop.ts';
import { keyframesOf } from '../../strategies/intervals.ts';
import { stageClock } from '../run-times.ts';
import { type Clips, couples, type FrameCouple, openClips } from './couples.ts';
import { driftOf, type FrameRow, type MetricsReport, summaryOf } from './report.ts';
import { surveyBoth } from './survey-both.ts';
import { verdictsOf } from './verdicts.ts';

/**
 * A comparison. Of the options count `frames`, `start`, `end`, `duration` (of the source), `size`, `interval` (with `intervalMin` and
 * `intervalMax`), `jobs`, `ffmpeg`, `ffprobe`.
 */
export type MetricsRequest = Omit<Request, 'output'> & {
  /** The re-rendered clip, a path. */
  readonly output: string;
};

/** A frame with the motion to the frame before it, where that belongs to the same shot. */
type Step = { readonly couple: FrameCouple; readonly motion: Promise<FlowPair> | undefined };

const motionTo = (flow: Flow, before: FrameCouple, at: FrameCouple, signal: AbortSignal): Promise<FlowPair> => {
  const motion = flow.pair(before.source, at.source, { signal });
  motion.catch(() => undefined); // awaited by the frames on both sides, or by none after a failure
  return motion;
};

const before = async (step: Step | undefined, motion: Promise<FlowPair> | undefined): Promise<Neighbour | undefined> => {
  const pair = await motion;
  return step && pair && { ...step.couple, motion: motionToFirst(pair) };
};

const after = async (step: Step | undefined): Promise<Neighbour | undefined> => {
  const pair = await step?.motion;
  return step && pair && { ...step.couple, motion: motionToSecond(pair) };
};

/** The measures of every frame, each handed on with its time as soon as its neighbours are read. */
const measureFrames = async (
  clips: Clips,
  begins: ReadonlySet<number>,
  { workers, onFrame, signal }: { readonly workers: number; readonly onFrame: (index: number) => void; readonly signal: AbortSignal },
): Promise<{ readonly measures: FrameMeasure[]; readonly times: number[] }> => {
  const flow = openFlow({ workers });
  const stage = openMetrics({ workers });
  const measured: Promise<FrameMeasure>[] = [];
  const times: number[] = [];
  const measure = async (last: Step | undefined, at: Step, next: Step | undefined): Promise<FrameMeasure> => {
    const neighbours = { before: await before(last, at.motion), after: await after(next) };
    const result = await stage.frame({ at: at.couple, ...neighbours }, signal);
    onFrame(at.couple.index);
    return result;
  };
  try {
    let [last, at]: [Step | undefined, Step | undefined] = [undefined, undefined];
    const turn = async (next: Step | undefined): Promise<void> => {
      if (at) {
        times.push(at.couple.time);
        const result = measure(last, at, next);
        result.catch(() => undefined); // awaited below, in order
        measured.push(result);
        await measured.at(-1 - workers); // no more frames than threads wait to be measured
      }
      [last, at] = [at, next];
    };
    for await (const couple of couples(clips)) {
      signal.throwIfAborted();
      const fresh = begins.has(couple.index) || !at;
      await turn({ couple, motion: fresh ? undefined : motionTo(flow, at!.couple, couple, signal) });
    }
    await turn(undefined);
    return { measures: await Promise.all(measured), times };
  } finally {
    await Promise.all([flow.close(), stage.close()]);
  }
};

/**
 * Measures a result against its source: warp error, flicker, structure, sharpness and drift (docs/metrics.md).
 * Holds a few frames at a time, whatever the clips' length.
 * @throws UsageError when the clips differ in length or in shape; MediaError for unusable files; the signal's reason on abort
 */
export const metrics = ({ input, output, onEvent, signal: outer, layers = [], ...options }: MetricsRequest): Promise<MetricsReport> =>
  withScope(outer, async scope => {
    const asked = [optionsLayer(options), ...layers];
    refuseUnread(asked, ['metrics']);
    return metricsOf({ input, output }, settle(asked).options, { scope, emit: onEvent ?? (() => undefined) });
  });

/** {@link metrics} under options that are settled, in a scope. */
export const metricsOf = async (
  { input, output }: Pick<MetricsRequest, 'input' | 'output'>,
  settled: Options,
  { scope, emit }: { readonly scope: Scope; readonly emit: Listener },
): Promise<MetricsReport> => {
  const { signal } = scope;
  const warn = (message: string): void => emit({ type: 'warning', message });
  const clips = await openClips(input, output, settled, { signal, warn });
  const clock = stageClock(emit);
  const seen = await surveyBoth(clips, await openWorkshop(scope, { options: settled, source: clips.source, warn }), settled, clock, signal);
  const frames = seen.times.length;
  const shots = shotsOf(frames, seen.cuts);
  const keyframes = keyframesOf(shots, seen, settled);
  clock.start('measure');
  const { measures, times } = await measureFrames(clips, new Set(shots.map(({ first }) => first)), {
    workers: settled.jobs ?? availableParallelism(),
    onFrame: index => clock.progress('measure', index + 1, frames, 'frames'),
    signal,
  });
  clock.done('measure');
  const keys = new Set(keyframes);
  const rows: FrameRow[] = shots.flatMap(({ first, last: end }) =>
    measures.slice(first, end + 1).map((measure, i) => ({
      frame: first + i,
      time: times[first + i]!,
      key: keys.has(first + i),
      ...measure,
      drift: driftOf(measure.look, measures[first]!.look),
    })),
  );
  const { width, height } = clips.size;
  const summary = summaryOf(rows);
  const verdicts = verdictsOf(rows, summary, shots);
  return { source: input, output, size: [width, height], shots, keyframes, summary, verdicts, frames: rows };
};
