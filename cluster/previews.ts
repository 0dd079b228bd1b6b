// Key frames of a job elsewhere as they come into the store, written where `--previews` says: as of a run here.
import type { Picture } from '../media/frame.ts';
import type { Listener } from '../pipeline/events.ts';
import { keysOf } from '../pipeline/graph/key.ts';
import { unpackValue } from '../pipeline/graph/port.ts';
import type { ClipJob } from '../pipeline/jobs/clip-job.ts';
import { NO_PREVIEWS, openPreviews } from '../pipeline/jobs/previews.ts';
import { mixer } from '../pipeline/jobs/run-clip.ts';
import type { PlannedClip } from '../pipeline/session/plan-file.ts';
import type { Scope } from '../pipeline/session/scope.ts';
import { picturePort } from '../pipeline/steps/ports.ts';
import { STEPS } from '../pipeline/steps/table.ts';
import type { SharedStore } from './store/store.ts';

/** Milliseconds between two looks. */
const LOOK = 2000;

export type Shown = {
  /** Looks for key frames that have come, if the last look was long ago; those of a shot come one after the other. */
  look(): Promise<void>;
  /** The job has ended: shows what is left, and the contact sheet. */
  finish(): Promise<void>;
};

type Showing = {
  readonly job: ClipJob;
  readonly planned: PlannedClip;
  readonly store: SharedStore;
  readonly emit: Listener;
  readonly scope: Scope;
  readonly shows: boolean;
};

const NOTHING: Shown = { look: async () => undefined, finish: async () => undefined };

/** @param folder where pictures go; without one they are told at most, where `shows` asks for that */
export const showKeyframes = async (folder: string | undefined, { job, planned, store, emit, scope, shows }: Showing): Promise<Shown> => {
  const keyed = planned.strategy === 'keyframes';
  if (folder === undefined && !(shows && keyed)) return NOTHING;
  if (!keyed) emit({ type: 'warning', message: '--previews shows key frames, and this model draws none' });
  const previews = keyed ? await openPreviews(folder, job.options) : NO_PREVIEWS;
  const { mixed } = await scope.use(mixer(job));
  const keyOf = keysOf(planned.plan, STEPS, planned.leaves);
  const left = planned.shots.map(({ first, last }) => planned.keyframes.filter(({ frame }) => frame >= first && frame <= last));
  const show = async (frame: number, bytes: Uint8Array): Promise<void> => {
    const picture = async (): Promise<Picture> => mixed(frame, (await unpackValue(picturePort, bytes)) as Picture);
    const file = await previews.keyframe(frame, picture);
    emit({ type: 'preview', frame, ...(file !== undefined && { file }), picture });
  };
  const lookAll = async (): Promise<void> => {
    for (const shot of left) {
      for (let next = shot[0]; next; next = shot[0]) {
        const key = keyOf(next.picture);
        const bytes = (await store.parts.has(key)) ? await store.parts.get(key) : undefined;
        if (!bytes) break;
        await show(next.frame, bytes);
        shot.shift();
      }
    }
  };
  let looked = performance.now();
  return {
    look: async () => {
      if (performance.now() - looked < LOOK) return;
      await lookAll();
      looked = performance.now();
    },
    finish: async () => {
      await lookAll();
      await previews.finish();
    },
  };
};
