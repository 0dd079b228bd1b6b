// The two kinds of workflows: a unit of a job, and the job itself.
import { basename } from 'node:path';
import type { LimitFunction } from 'p-limit';
import { RerenderError } from '../../config/errors.ts';
import { PlanError } from '../../pipeline/graph/plan-check.ts';
import { type Bell, ring } from '../bell.ts';
import type { Database } from '../database.ts';
import type { Engine } from '../engine.ts';
import { type SharedStore, StoreError } from '../store/store.ts';
import { jobKeys } from '../ticket.ts';
import type { Unit } from '../units.ts';
import type { Beat, Running } from '../workers-table.ts';
import { driveJob } from './drive.ts';
import type { Held } from './heartbeat.ts';
import type { Meter } from './meter.ts';
import { performEncode, performUnit } from './perform.ts';
import type { OpenJob, Tickets } from './tickets.ts';
import type { WorkerRequest } from './worker.ts';

/** What workflows work with. */
export type Context = {
  readonly database: Database;
  readonly engine: Engine;
  readonly store: SharedStore;
  readonly bell: Bell;
  readonly carryOut: CarryOut;
  /** One unit at a time of what it occupies; the next may wait here already. */
  readonly turns: Readonly<Record<Unit['resource'], LimitFunction>>;
  readonly meter: Pick<Meter, 'unit'>;
  /** What runs here. */
  readonly held: Map<string, Held>;
  readonly worker: Beat;
  readonly request: WorkerRequest;
  /** The worker stops: nothing that it has may be settled by it any more. */
  readonly leaving: { now: boolean; because(error: unknown): void };
};

/** What goes wrong with the machine and not with the job: another worker may do it. */
const isLocal = (error: unknown): boolean =>
  error instanceof PlanError ||
  (error instanceof RerenderError && !(error instanceof StoreError) && (error.kind === 'missing' || error.code === 'DISK_FULL'));

const never = (): Promise<never> => new Promise(() => undefined);

/** Runs work under its id, so that the heart can stop it. What stops with the worker is settled by whoever takes it over. */
const hold = async (
  { held, leaving, request }: Context,
  id: string,
  running: Held['running'],
  work: (signal: AbortSignal) => Promise<void>,
): Promise<void> => {
  if (leaving.now) return never();
  const stop = new AbortController();
  const mine: Held = { running, stop };
  held.set(id, mine);
  try {
    await work(AbortSignal.any([stop.signal, request.signal]));
  } catch (error) {
    if (leaving.now || request.signal.aborted) return await never();
    if (!stop.signal.aborted && isLocal(error)) {
      leaving.now = true;
      leaving.because(error);
      return await never();
    }
    throw error;
  } finally {
    if (held.get(id) === mine) held.delete(id);
  }
};

const checkStore = ({ name, id }: SharedStore, asked: string): void => {
  if (id === asked) return;
  throw new RerenderError(
    'OTHER_STORE',
    'missing',
    `a job lies in another store than ${name}: give this worker the --store of those who submit.`,
  );
};

const unitOf = (job: OpenJob, id: string): Pick<Unit, 'stage' | 'title'> & Partial<Unit> => {
  if (id === job.keys.encode) return { stage: 'encode', title: 'the result' };
  const unit = job.units.get(id);
  if (!unit) throw new PlanError(`it has no unit ${id}.`);
  return unit;
};

/** A unit as its workflow names it. */
export type Order = { readonly ticket: string; readonly id: string; readonly resource: Unit['resource'] };

/** What a unit tells while it is carried out. */
export type Reports = {
  /** How far it is. */
  running(running: Running): void;
  /** A part that is in the store now. */
  made(key: string): void;
};

export type CarryOut = (order: Order, signal: AbortSignal, reports: Reports) => Promise<void>;

/** Carries out units with what is open here. */
export const carryOutWith =
  (store: SharedStore, tickets: Tickets, bell: Bell, tell: (message: string) => void): CarryOut =>
  ({ ticket, id, resource }, signal, { running, made }) =>
    tickets.withJob(ticket, resource === 'inference', async job => {
      const begin = performance.now();
      const { stage, title } = unitOf(job, id);
      const progress = (done: number): void => running({ unit: id, ticket, stage, title, done });
      progress(0);
      if (stage === 'encode') await performEncode(job, { store, bell, signal, progress });
      else await performUnit(job, job.units.get(id)!, { signal, made, progress });
      const seconds = (performance.now() - begin) / 1000;
      tell(`${title} of ${basename(job.ticket.clip.path)}: ${seconds.toFixed(1)} s`);
    });

/** @returns the workflow of a unit, by the key of its job's ticket, its own id, what it occupies and the id of the store */
export const unitWorkflow =
  (context: Context) =>
  async (ticket: string, id: string, resource: Unit['resource'], storeId: string): Promise<void> => {
    let running: Running | undefined;
    await hold(
      context,
      id,
      () => running,
      async signal => {
        checkStore(context.store, storeId);
        await context.turns[resource](async () => {
          signal.throwIfAborted();
          const begin = performance.now();
          const ended = (outcome: 'done' | 'failed'): void =>
            context.meter.unit(running?.stage ?? resource, outcome, (performance.now() - begin) / 1000);
          try {
            await context.carryOut({ ticket, id, resource }, signal, {
              running: now => (running = now),
              made: key => ring(context.database, key),
            });
          } catch (error) {
            if (!signal.aborted) ended('failed');
            throw error;
          }
          ended('done');
        });
      },
    );
  };

/** @returns the workflow of a job, by the key of its ticket and the id of the store */
export const jobWorkflow =
  (context: Context) =>
  async (ticket: string, storeId: string): Promise<void> => {
    await hold(
      context,
      jobKeys(ticket).job,
      () => undefined,
      async signal => {
        checkStore(context.store, storeId);
        await driveJob(ticket, { ...context, signal });
      },
    );
  };
