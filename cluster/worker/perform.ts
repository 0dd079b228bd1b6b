// Carries out a unit of a job: makes what it is to make, into the store; or encodes the whole, in order, as parts become ready.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Picture } from '../../media/frame.ts';
import { keysOf } from '../../pipeline/graph/key.ts';
import type { PlanNode } from '../../pipeline/graph/plan.ts';
import { unpackValue } from '../../pipeline/graph/port.ts';
import type { Ref } from '../../pipeline/graph/ref.ts';
import { countOf } from '../../pipeline/jobs/progress.ts';
import { type EncodeJob, encodeParts } from '../../pipeline/jobs/run-clip.ts';
import { planEncoding } from '../../pipeline/session/encoding.ts';
import { picturesPort } from '../../pipeline/steps/ports.ts';
import { STEPS } from '../../pipeline/steps/table.ts';
import type { Bell } from '../bell.ts';
import type { SharedStore } from '../store/store.ts';
import type { Unit } from '../units.ts';
import type { OpenJob } from './tickets.ts';

export type Performing = {
  /** Ends it: it was cancelled, or another worker has it. */
  readonly signal: AbortSignal;
  /** What of the unit's size is done. */
  readonly progress: (done: number) => void;
};

type Making = Performing & {
  /** Hears of every part that is in the store now. */
  readonly made: (key: string) => void;
};

type Encoding = Performing & { readonly store: SharedStore; readonly bell: Bell };

/** Milliseconds between two looks for a part that is still being made, while the bell does not ring. */
const LOOK = 1000;

/** Makes the outputs of a unit. What lies in the store is not made again. */
export const performUnit = async (job: OpenJob, unit: Unit, { signal, made, progress }: Making): Promise<void> => {
  const ids = new Set(unit.counted.map(({ id }) => id));
  const counted = new Set(job.planned.plan.nodes.filter(({ id }) => ids.has(id)));
  const within = new Map<PlanNode, number>();
  const tell = (node: PlanNode, done: number): void => {
    if (!counted.has(node)) return;
    within.set(node, done);
    progress([...within.values()].reduce((sum, n) => sum + n, 0));
  };
  const keyOf = keysOf(job.planned.plan, STEPS, job.planned.leaves);
  const run = await job.session.workshop.run(job.planned, unit.wanted, {
    watched: counted,
    onProgress: (node, done) => tell(node, Math.min(done, node.units)),
    onDone: node => {
      tell(node, countOf(node));
      for (const ref of unit.wanted) if (ref.node === node.id) made(keyOf(ref));
    },
  });
  const stop = (): void => void run.close();
  signal.addEventListener('abort', stop, { once: true });
  try {
    signal.throwIfAborted();
    await run.finished;
  } finally {
    signal.removeEventListener('abort', stop);
    await run.close();
  }
};

/** Waits until a key is in the store. */
const arrived = (key: string, { store, bell, signal }: Omit<Encoding, 'progress'>): Promise<void> =>
  bell.until(() => store.parts.has(key), { matches: name => name === key, every: LOOK, signal });

/** Encodes the result of a job and puts it into the store. */
export const performEncode = async (job: OpenJob, { store, bell, signal, progress }: Encoding): Promise<void> => {
  const { ticket, keys, session, planned, folder, scope } = job;
  if (await store.hasFile(keys.result)) return;
  const output = join(folder, `result${ticket.ending}`);
  const options = { ...planned.options, overwrite: true };
  const warn = (): void => undefined; // the submitter has heard it
  const clock: EncodeJob['clock'] = {
    start: () => undefined,
    done: () => undefined,
    seconds: () => ({ total: 0 }),
    progress: (_stage, done) => progress(done),
  };
  const encoding = await planEncoding(output, options, session.source, { signal, warn });
  const survey = await session.survey();
  const keyOf = keysOf(planned.plan, STEPS, planned.leaves);
  const value = async <T>(ref: Ref<T>): Promise<T> => {
    const key = keyOf(ref);
    await arrived(key, { store, bell, signal });
    const bytes = await store.parts.get(key);
    if (bytes) return (await unpackValue(picturesPort, bytes)) as T & readonly Picture[];
    return session.workshop.get(planned, ref); // damaged: it is made again here
  };
  const encode: EncodeJob = {
    ...{ planned: { ...planned, options }, options, survey, session, encoding, output, clock },
    emit: warn,
    scope: { ...scope, signal },
  };
  await encodeParts(encode, async () => ({ value }), ticket.tags);
  await store.putFile(keys.result, output);
  await rm(output, { force: true });
};
