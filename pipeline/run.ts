// The main job and its parts: prepare, execute the tasks, encode.
import type { Picture } from '../media/frame.ts';
import { stepCounts } from '../stages/keyframes/work.ts';
import { openDrawer } from './drawer.ts';
import type { RunResult } from './events.ts';
import { type Execution, execute, type Task } from './executor.ts';
import { type FrameReader, frameReader } from './frame-reader.ts';
import { runTags } from './metadata.ts';
import { openResult } from './open-result.ts';
import { unpackPictures } from './pictures.ts';
import type { PlanSummary } from './plan.ts';
import { type Prepared, prepare } from './prepare.ts';
import { openPreviews, type Previews } from './previews.ts';
import { openPropagator, type Propagator } from './propagator.ts';
import type { Request } from './request.ts';
import { type Scope, withScope } from './scope.ts';
import { openStates } from './states.ts';
import { summarise } from './summary.ts';
import { coloursId, intervalId, keyframeId, keysOf, makeTasks } from './tasks.ts';

/** A run whose model, workers and readers are open. */
type Opened = {
  readonly prepared: Prepared;
  readonly propagator: Propagator;
  /** Passes over the key frames, and over all frames. */
  readonly keyReader: FrameReader;
  readonly intervalReader: FrameReader;
};

/** Opens what a prepared run works with, in its scope. */
const open = async (prepared: Prepared, scope: Scope): Promise<Opened> => {
  const { options, source, keyframes } = prepared;
  return {
    prepared,
    propagator: await scope.use(openPropagator(options)),
    keyReader: await scope.use(frameReader(() => source.frames(source.size, { only: keyframes, purpose: 'the key frames' }))),
    intervalReader: await scope.use(frameReader(() => source.frames(source.size, { purpose: 'the frames between key frames' }))),
  };
};

/** Counts the units of a stage; each task is worth its `units`, and within one `step` moves on by one. */
const stageProgress = ({ clock }: Prepared, stage: 'keyframes' | 'propagate', units: readonly number[], unit: string) => {
  const total = units.reduce((sum, n) => sum + n, 0);
  let tasks = 0;
  let done = 0;
  let cached = 0;
  let within = 0;
  const tell = (kept: boolean) => clock.progress(stage, Math.min(total, done + within), total, unit, kept);
  return {
    step: (): void => {
      within += 1;
      tell(false);
    },
    task: (worth: number, kept: boolean): void => {
      done += worth;
      within = 0;
      if (kept) cached += 1;
      tell(kept);
      if (++tasks === units.length) clock.done(stage, cached);
    },
  };
};

/** Starts the tasks of a run: all, or only the key frames. */
const start = (opened: Opened, reach: 'keyframes' | 'all', previews: Previews): { run: Execution; tasks: readonly Task[] } => {
  const { prepared, propagator, keyReader, intervalReader } = opened;
  const { options, painter, roles, intervals, clock, emit, signal, work } = prepared;
  const counts = stepCounts(painter.plan);
  const known = keysOf(prepared, { model: painter.info.digest, device: painter.device });
  const worth = new Map(roles.map(role => [keyframeId(role.frame), Math.max(1, role.links ? counts.key : counts.anchor)]));
  for (const key of known.colours.values()) worth.set(coloursId(key), options.steps);
  const drawing = stageProgress(prepared, 'keyframes', [...worth.values()], 'steps');
  const propagating = stageProgress(prepared, 'propagate', Array<number>(intervals.length).fill(1), 'intervals');
  const { crossPeriod, looseCfattn, adaPeriod, warpPeriod } = options;
  const kept = { crossPeriod, looseCfattn, adaPeriod, warpPeriod };
  const states = openStates(work.store, { limit: options.bankMemory * 2 ** 20, half: options.bankPrecision === 'fp16', kept });
  const drawer = openDrawer({
    roles,
    keys: known.keyframes,
    colours: known.colours,
    painter,
    states,
    store: work.store,
    reader: keyReader,
    onStep: drawing.step,
  });
  const all = makeTasks(prepared, known, { ...drawer, propagate: propagator.interval, intervalReader });
  const tasks = reach === 'all' ? all : all.filter(task => task.resource === 'inference');
  const frameOf = new Map(roles.map(({ frame }) => [keyframeId(frame), frame]));
  const begun = new Set<Task['resource']>();
  const run = execute(tasks, {
    store: work.store,
    limits: { inference: 1, cpu: propagator.jobs },
    exclusive: painter.device === 'cpu',
    signal,
    onStart: ({ resource }) => {
      if (begun.has(resource)) return;
      begun.add(resource);
      clock.start(resource === 'inference' ? 'keyframes' : 'propagate');
    },
    onDone: async (task, cached, bytes) => {
      const units = worth.get(task.id);
      if (units === undefined) return propagating.task(1, cached);
      const frame = frameOf.get(task.id);
      if (frame === undefined) return drawing.task(units, cached);
      const [picture] = await unpackPictures(bytes);
      await drawer.finished(frame);
      const file = await previews.keyframe(frame, picture!);
      emit({ type: 'preview', frame, ...(file === undefined ? {} : { file }) });
      drawing.task(units, cached);
    },
  });
  prepared.tasks.add(run.finished);
  return { run, tasks };
};

const resultOf = (prepared: Prepared, output?: string): RunResult => {
  const { painter, analysis, keyframes, shots, options, clock, emit } = prepared;
  const result: RunResult = {
    ...(output === undefined ? {} : { output }),
    frames: analysis.times.length,
    keyframes: keyframes.length,
    shots: shots.length,
    seed: options.seed,
    device: painter.device,
    seconds: clock.seconds(),
  };
  emit({ type: 'result', result });
  return result;
};

/** Feeds every frame to the encoder, in order, as the intervals become ready. */
const encode = async (prepared: Prepared, run: Execution, write: (picture: Picture, index: number) => Promise<void>): Promise<void> => {
  const { intervals, analysis, clock, signal } = prepared;
  let written = 0;
  for (const interval of intervals) {
    for (const picture of await unpackPictures(await run.artifact(intervalId(interval)))) {
      signal.throwIfAborted();
      if (written === 0) clock.start('encode');
      await write(picture, written);
      clock.progress('encode', ++written, analysis.times.length, 'frames');
    }
  }
};

/**
 * Re-renders a clip: the main job.
 * @returns what was made; `output` is absent when `stopAfter` ended the run before
 * @throws RerenderError with a stable `code` and `exitCode`; the signal's reason on abort. Nothing is left under the output's name then.
 */
export const rerender = async (request: Request): Promise<RunResult> =>
  withScope(request.signal, async scope => {
    const prepared = await prepare(request, true, scope);
    const { options, analysis, output, emit, work, clock } = prepared;
    emit({ type: 'plan', plan: summarise(prepared) });
    if (options.stopAfter === 'shots') return resultOf(prepared);
    const previews = await openPreviews(options.previews, options);
    const opened = await open(prepared, scope);
    if (options.stopAfter !== undefined) {
      await start(opened, options.stopAfter === 'keyframes' ? 'keyframes' : 'all', previews).run.finished;
      await previews.finish();
      return resultOf(prepared);
    }
    const encoder = await openResult(prepared, runTags(prepared));
    try {
      const { run, tasks } = start(opened, 'all', previews);
      await encode(prepared, run, (picture, index) => encoder.write({ ...picture, index, time: analysis.times[index]! }));
      await run.finished;
      await encoder.finish();
      clock.done('encode');
      await previews.finish();
      // Key frames are dear and small, so they stay; intervals are cheap and large.
      await Promise.all(tasks.filter(task => task.resource === 'cpu').map(task => work.store.release(task.key)));
      return resultOf(prepared, output);
    } catch (error) {
      await encoder.abort();
      throw error;
    }
  });

/**
 * Draws only the key frames, as PNGs and a contact sheet.
 * @param request `output` is the folder; default `INPUT.keyframes`
 */
export const keyframes = async (request: Request): Promise<RunResult> =>
  withScope(request.signal, async scope => {
    const prepared = await prepare(request, false, scope);
    const folder = prepared.options.output ?? `${prepared.input}.keyframes`;
    const previews = await openPreviews(folder, prepared.options);
    prepared.emit({ type: 'plan', plan: { ...summarise(prepared), output: folder } });
    await start(await open(prepared, scope), 'keyframes', previews).run.finished;
    await previews.finish();
    return resultOf(prepared, folder);
  });

/** Says what {@link rerender} would do, without drawing anything but a grey test frame to measure: `--dry-run`. */
export const planRun = async (request: Request): Promise<PlanSummary> =>
  withScope(request.signal, async scope => {
    const prepared = await prepare(request, true, scope);
    const { painter, source, signal } = prepared;
    return summarise(prepared, await painter.measure(source.size, signal));
  });
