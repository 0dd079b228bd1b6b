// A clip takes minutes to draw: where a run ends in the middle of one, the sampler's state is kept, and the next run goes on from that step.
import type { DenoiseRequest } from '../../models/diffusion-model.ts';
import type { Point, StepState } from '../../models/samplers/sampler.ts';
import type { Step } from '../../models/samplers/schedule.ts';
import { type ArtifactStore, artifactKey } from '../store.ts';
import { packTensors, unpackTensors } from '../tensors.ts';
import { VERSIONS } from '../versions.ts';

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
 * Draws what will be the artifact `key`. The state is kept once a minute and when drawing ends early, and removed when it is complete.
 * @param draw begins at the state that an earlier run left, if any
 */
export const withCheckpoint = async <T>(store: ArtifactStore, key: string, draw: (steps: Steps) => Promise<T>): Promise<T> => {
  const place = artifactKey('states', VERSIONS.windows, { key });
  const kept = await store.get(place);
  let last: StepState | undefined;
  let savedAt = performance.now();
  const save = async (): Promise<void> => {
    if (last) await store.put(place, packState(last));
    last = undefined;
    savedAt = performance.now();
  };
  try {
    const drawn = await draw({
      ...(kept && { resume: unpackState(kept) }),
      onStep: async state => {
        last = state;
        if (performance.now() - savedAt > SECONDS_BETWEEN * 1000) await save();
      },
    });
    await store.release(place);
    return drawn;
  } catch (error) {
    await save();
    throw error;
  }
};
