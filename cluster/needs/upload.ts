// Puts what a job needs into the store, each file once: whoever submits the next job with the same model sends nothing.
import { join, resolve } from 'node:path';
import pLimit from 'p-limit';
import type { Options } from '../../config/options.ts';
import type { StageClock } from '../../pipeline/jobs/run-times.ts';
import type { SharedStore } from '../store/store.ts';
import { bytesOf, fileKey, isModel, type Need, type NeededFile, placeOf } from './needs.ts';

type Sending = Pick<NeededFile, 'digest' | 'bytes'> & { readonly path: string; readonly key: string };

/** Files that are sent at once. */
const AT_ONCE = 4;
const MB = 1e6;

/** The files of needs, each content once. */
const filesOf = async (needs: readonly Need[], { modelFolders }: Options): Promise<Sending[]> => {
  const files = new Map<string, Sending>();
  for (const need of needs) {
    const place = resolve(await placeOf(need, modelFolders));
    for (const { name, digest, bytes } of need.files) {
      const key = fileKey({ digest });
      files.set(key, { path: join(place, name), digest, bytes, key });
    }
  }
  return [...files.values()];
};

export type Uploading = {
  readonly store: SharedStore;
  readonly clock: Pick<StageClock, 'start' | 'progress' | 'done'>;
  /** Whether models are sent, too, and not the user's pictures alone. */
  readonly models: boolean;
  readonly signal: AbortSignal;
};

/** Sends the files of a clip and of needs that the store does not have; tells of it as the stage `upload`. */
export const uploadNeeds = async (
  clip: Sending,
  needs: readonly Need[],
  options: Options,
  { store, clock, models, signal }: Uploading,
): Promise<void> => {
  const files = [clip, ...(await filesOf(models ? needs : needs.filter(need => !isModel(need)), options))];
  const limit = pLimit(AT_ONCE);
  const absent = await Promise.all(files.map(file => limit(async () => ((await store.hasFile(file.key)) ? [] : [file]))));
  const sending = absent.flat();
  if (sending.length === 0) return;
  const total = Math.ceil(bytesOf(sending) / MB);
  const sent = new Map<string, number>();
  const tell = (key: string, bytes: number): void => {
    sent.set(key, bytes);
    const sum = [...sent.values()].reduce((all, one) => all + one, 0);
    clock.progress('upload', Math.min(total, Math.floor(sum / MB)), total, 'MB');
  };
  clock.start('upload');
  const send = async ({ key, path, bytes }: Sending): Promise<void> => {
    signal.throwIfAborted();
    await store.putFile(key, path, now => tell(key, now));
    tell(key, bytes);
  };
  await Promise.all(sending.map(file => limit(() => send(file))));
  clock.progress('upload', total, total, 'MB');
  clock.done('upload');
};
