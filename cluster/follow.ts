// Follows a job that machines elsewhere carry out, tells its progress as that of a run here, and fetches the result.
import { RerenderError } from '../config/errors.ts';
import { openWhole } from '../media/whole-file.ts';
import type { Listener, RunResult } from '../pipeline/events.ts';
import { stageClock } from '../pipeline/jobs/run-times.ts';
import { deviceOf } from '../pipeline/session/plan-file.ts';
import { withBell } from './bell.ts';
import type { Cluster } from './cluster.ts';
import { databaseError } from './database.ts';
import type { WorkState } from './engine.ts';
import { type JobProgress, jobIn, type StageProgress } from './jobs-table.ts';
import type { SharedStore } from './store/store.ts';
import { type JobKeys, planOf, type Ticket } from './ticket.ts';
import { queueOf, type UnitStage, unitsOf } from './units.ts';
import { CLUSTER_VERSION } from './version.ts';
import { type WorkerRow, workersIn } from './workers-table.ts';

/** Milliseconds between two looks: progress does not ring, only the end. */
const LOOK = 500;
/** Seconds of silence after which a worker does not count as there, for those who only look. */
const SILENCE = 30;
/** Looks without a worker before that is said. */
const PATIENCE = 6;
/** Looks in a row that the database may leave without an answer. */
const UNANSWERED = 240;

const UNITS: Readonly<Record<UnitStage, string>> = { keyframes: 'steps', windows: 'steps', propagate: 'intervals', encode: 'frames' };
const STAGES = Object.keys(UNITS) as UnitStage[];

/** What is done of a stage, with what units that run now have done. */
const withRunning = (progress: JobProgress, ticket: string, workers: readonly WorkerRow[]): [UnitStage, StageProgress][] =>
  STAGES.flatMap((stage): [UnitStage, StageProgress][] => {
    const counted = progress[stage];
    if (!counted) return [];
    const within = workers
      .flatMap(({ running }) => running)
      .filter(running => running.ticket === ticket && running.stage === stage)
      .reduce((sum, { done }) => sum + done, 0);
    return [[stage, { total: counted.total, done: Math.min(counted.total, counted.done + within) }]];
  });

/** Tells of the stages of a job whenever they have come further. */
const stageTeller = (emit: Listener) => {
  const clock = stageClock(emit);
  const last = new Map<UnitStage, number>();
  return {
    tell: (stages: readonly [UnitStage, StageProgress][]): void => {
      for (const [stage, { done, total }] of stages) {
        const before = last.get(stage);
        if (done <= (before ?? 0)) continue; // a unit that begins again elsewhere goes back
        if (before === undefined) clock.start(stage);
        last.set(stage, done);
        clock.progress(stage, done, total, UNITS[stage]);
        if (done === total) clock.done(stage);
      }
    },
    seconds: clock.seconds,
  };
};

/** What is wrong with the workers that are there, for a job that nobody takes. */
export const absenceOf = (workers: readonly WorkerRow[], device: string): string | undefined => {
  const living = workers.filter(({ silent }) => silent < SILENCE);
  const able = living.filter(({ version }) => version === CLUSTER_VERSION);
  if (able.some(worker => worker.device !== null && queueOf({ resource: 'inference' }, worker.device) === `inference.${device}`)) {
    return undefined;
  }
  const start = 'start one with `rerender worker`';
  if (living.length === 0) return `no worker is there: ${start}; the job waits`;
  if (able.length === 0) {
    const versions = [...new Set(living.map(({ version }) => version))].join(', ');
    return `workers have other versions (${versions}; this is ${CLUSTER_VERSION}): ${start} of this version; the job waits`;
  }
  return `no worker draws on ${device}: ${start} on such a machine; the job waits`;
};

/** Whether a job is done. @throws RerenderError when it failed or was cancelled */
const hasEnded = (state: WorkState | undefined, { job }: JobKeys): boolean => {
  if (!state) throw new RerenderError('JOB_GONE', 'failure', `there is no job ${job} any more: it was removed.`);
  if (state.status === 'CANCELLED') throw new RerenderError('JOB_CANCELLED', 'failure', `the job ${job} was cancelled.`);
  if (!['SUCCESS', 'ENQUEUED', 'PENDING', 'DELAYED'].includes(state.status)) {
    throw new RerenderError('JOB_FAILED', 'failure', `the job failed: ${state.error ?? state.status}`);
  }
  return state.status === 'SUCCESS';
};

/** Waits until a job has ended. @throws RerenderError when it failed or was cancelled */
export const followJob = (
  cluster: Omit<Cluster, 'store'>,
  keys: JobKeys,
  device: string,
  following: { readonly emit: Listener; readonly signal: AbortSignal; readonly onLook?: () => Promise<void> },
): Promise<{ readonly seconds: RunResult['seconds'] }> => {
  const { database, engine } = cluster;
  const { emit, signal, onLook } = following;
  const teller = stageTeller(emit);
  let unanswered = 0;
  let looks = 0;
  const isDone = async (): Promise<boolean> => {
    const [row, states, workers] = await Promise.all([jobIn(database, keys.job), engine.states([keys.job]), workersIn(database)]).catch(
      error => {
        if (++unanswered > UNANSWERED) throw databaseError(error, database.name);
        return [undefined, undefined, []] as const; // it restarts, perhaps: it is asked again
      },
    );
    if (!states) return false;
    unanswered = 0;
    if (row) teller.tell(withRunning(row.progress, keys.ticket, workers));
    await onLook?.();
    if (hasEnded(states.get(keys.job), keys)) {
      const last = await jobIn(database, keys.job);
      if (last) teller.tell(withRunning(last.progress, keys.ticket, []));
      return true;
    }
    const absence = looks++ === PATIENCE ? absenceOf(workers, device) : undefined;
    if (absence !== undefined) emit({ type: 'warning', message: absence });
    return false;
  };
  return withBell(database, async bell => {
    await bell.until(isDone, { matches: name => name === keys.job, every: LOOK, signal });
    return { seconds: teller.seconds() };
  });
};

/** Brings a result to its place. */
export const fetchResult = async (store: SharedStore, keys: JobKeys, output: string, overwrite: boolean): Promise<void> => {
  const file = await openWhole(output, { overwrite });
  try {
    if (!(await store.getFile(keys.result, file.path))) {
      throw new RerenderError('RESULT_GONE', 'failure', `the result is not in ${store.name} any more: run the same command again.`);
    }
  } catch (error) {
    await file.discard();
    throw error;
  }
  await file.commit();
};

/** What a job made, in numbers. @param output absent of one that was told to stop before */
export const resultOf = (ticket: Ticket, output: string | undefined, seconds: RunResult['seconds']): RunResult => {
  const planned = planOf(ticket);
  return {
    kind: 'clip',
    ...(output !== undefined && { output }),
    frames:
      planned.only === undefined ? planned.parts.reduce((sum, { first, last }) => sum + last - first + 1, 0) : framesOf(planned.shots),
    shots: planned.shots.length,
    keyframes: planned.keyframes.length,
    seed: ticket.options.seed,
    device: deviceOf(planned),
    seconds,
    windows: unitsOf(planned).filter(({ stage }) => stage === 'windows').length,
  };
};

const framesOf = (shots: readonly { readonly last: number }[]): number => (shots.at(-1)?.last ?? -1) + 1;
