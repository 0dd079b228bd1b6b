// The main job with a model of clips: every frame is drawn, window by window, and nothing is propagated.
import type { StepState } from '../../models/samplers/sampler.ts';
import type { RunResult } from '../events.ts';
import { execute } from '../executor.ts';
import { frameReader } from '../frame-reader.ts';
import { openResult } from '../open-result.ts';
import { unpackPictures } from '../pictures.ts';
import { type PlanSummary, stepsAtStrength } from '../plan.ts';
import type { Request } from '../request.ts';
import { withScope } from '../scope.ts';
import { withCheckpoint } from './checkpoint.ts';
import { type PreparedWindows, prepareWindows } from './prepare.ts';
import { summariseWindows, windowTags } from './summary.ts';
import { framesId, makeWindowTasks, type Workers, windowId } from './tasks.ts';

const resultOf = ({ painter, analysis, shots, windows, options, clock, emit }: PreparedWindows, output?: string): RunResult => {
  const result: RunResult = {
    ...(output === undefined ? {} : { output }),
    frames: analysis.times.length,
    keyframes: 0,
    windows: windows.length,
    shots: shots.length,
    seed: options.seed,
    device: painter.device,
    seconds: clock.seconds(),
  };
  emit({ type: 'result', result });
  return result;
};

/** Starts all tasks; progress counts denoising steps. */
const start = (prepared: PreparedWindows) => {
  const { options, painter, source, windows, clock, signal, work } = prepared;
  const each = Math.max(1, stepsAtStrength(options.steps, options.strength));
  const reader = frameReader(() => source.frames(source.size, { purpose: 'the windows' }), options.window);
  let done = 0; // windows
  let cached = 0;
  let within = 0; // steps of the present one
  const tell = (kept: boolean) => clock.progress('windows', done * each + within, windows.length * each, 'steps', kept);
  const draw: Workers['draw'] = (frames, before, key, signal) =>
    withCheckpoint(work.store, key, ({ resume, onStep }) => {
      const counted = async (state: StepState): Promise<void> => {
        within = Math.min(each, Math.max(1, state.step.index - (options.steps - each) + 1));
        tell(false);
        await onStep(state);
      };
      return painter.window(frames, before, signal, { ...(resume && { resume }), onStep: counted });
    });
  const tasks = makeWindowTasks(
    prepared,
    { model: painter.info.digest, device: painter.device },
    { draw, decode: painter.pictures, reader },
  );
  const ids = new Set(windows.map(windowId));
  clock.start('windows');
  const run = execute(tasks, {
    store: work.store,
    limits: { inference: 1, cpu: 1 },
    exclusive: false,
    signal,
    onDone: (task, kept) => {
      if (!ids.has(task.id)) return;
      done += 1;
      within = 0;
      if (kept) cached += 1;
      tell(kept);
      if (done === windows.length) clock.done('windows', cached);
    },
  });
  const finished = run.finished.finally(() => reader.close());
  prepared.tasks.add(finished);
  return { run, tasks, finished };
};

/** As `rerender`, for a model of clips. */
export const rerenderWindows = async (request: Request): Promise<RunResult> =>
  withScope(request.signal, async scope => {
    const prepared = await prepareWindows(request, scope);
    const { options, analysis, windows, output, emit, signal, work, clock } = prepared;
    emit({ type: 'plan', plan: summariseWindows(prepared) });
    if (options.stopAfter === 'shots') return resultOf(prepared);
    if (options.previews !== undefined) emit({ type: 'warning', message: '--previews shows key frames, and this model draws none' });
    if (options.stopAfter !== undefined) {
      await start(prepared).finished;
      return resultOf(prepared);
    }
    const encoder = await openResult(prepared, windowTags(prepared));
    let written = 0;
    try {
      const { run, tasks, finished } = start(prepared);
      for (const window of windows) {
        for (const picture of await unpackPictures(await run.artifact(framesId(window)))) {
          signal.throwIfAborted();
          if (written === 0) clock.start('encode');
          await encoder.write({ ...picture, index: written, time: analysis.times[written]! });
          clock.progress('encode', ++written, analysis.times.length, 'frames');
        }
      }
      await finished;
      await encoder.finish();
      clock.done('encode');
      // Latents are dear and small, so they stay; pictures are cheap and large.
      const pictures = new Set(windows.map(framesId));
      await Promise.all(tasks.filter(task => pictures.has(task.id)).map(task => work.store.release(task.key)));
      return resultOf(prepared, output);
    } catch (error) {
      await encoder.abort();
      throw error;
    }
  });

/** As `planRun`, for a model of clips: measures one step of a window of grey frames. */
export const planWindows = async (request: Request): Promise<PlanSummary> =>
  withScope(request.signal, async scope => {
    const prepared = await prepareWindows(request, scope);
    const { painter, source, windows, signal } = prepared;
    const longest = Math.max(...windows.map(({ first, last }) => last - first + 1));
    return summariseWindows(prepared, await painter.measure(source.size, longest, signal));
  });
