// A clip takes minutes to draw: where a run ends in the middle of one, the sampler's state is kept, and the next run goes on from that
// step.
import type { DenoiseRequest } from '../../models/denoise-request.ts';
import type { Point, StepState } from '../../models/samplers/sampler.ts';
import type { Step } from '../../models/samplers/schedule.ts';
import type { Checkpoint, Progress } from '../graph/step.ts';
import { packTensors, unpackTensors } from './tensors.ts';

/** Where a run of the sampler goes on. */
export type Continuation = NonNullable<DenoiseRequest['resume']>;

/** How a drawing begins and what it tells of its steps. */
export type Steps = {
  readonly resume?: Continuation;
  readonly onStep: (state: StepState) => Promise<void>;
};

const SECONDS_BETWEEN = 60; // a killed run loses no more

const POINT = ['x', 'output', 'eps', 'denoised'] as const;

export const packState = ({ step, x, direction, memory }: StepState): Uint8Array =>
  packTensors({ index: step.index + 1, steps: memory.map(point => point.step) }, [
    x,
    direction,
    ...memory.flatMap(point => POINT.map(name => point[name])),
  ]);

/** What continues the run whose state {@link packState} packed. */
export const unpackState = (bytes: Uint8Array): Continuation => {
  const { about, tensors } = unpackTensors(bytes);
  const { index, steps } = about as { index: number; steps: Step[] };
  const [x, direction, ...points] = tensors;
  const memory = steps.map((step, i): Point => {
    const [x, output, eps, denoised] = points.slice(i * POINT.length);
    return { step, x: x!, output: output!, eps: eps!, denoised: denoised! };
  });
  return { index, x: x!, direction: direction!, memory };
};

/**
 * Draws with a sampler's state kept once a minute and when drawing ends early.
 * @param draw begins at the state that an earlier run left, if any
 */
export const withCheckpoint = async <T>(checkpoint: Checkpoint, progress: Progress, draw: (steps: Steps) => Promise<T>): Promise<T> => {
  const bytes = await checkpoint.load();
  let last: StepState | undefined;
  let savedAt = performance.now();
  const save = async (): Promise<void> => {
    if (last) await checkpoint.save(packState(last));
    last = undefined;
    savedAt = performance.now();
  };
  const resume = bytes && unpackState(bytes);
  let done = resume?.index ?? 0;
  try {
    return await draw({
      ...(resume && { resume }),
      onStep: async state => {
        last = state;
        done = state.step.index + 1;
        progress(done, undefined, async () => state.denoised);
        if (performance.now() - savedAt > SECONDS_BETWEEN * 1000) await save();
      },
    });
  } catch (error) {
    await save();
    throw error;
  }
};
