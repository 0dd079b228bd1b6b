// A worker's heart: it says that it lives and what it is at, hears what it has lost, and looks after those that have died.
import type { Database } from '../database.ts';
import type { Engine } from '../engine.ts';
import { type Beat, beat, type Running } from '../workers-table.ts';
import { takeOver } from './takeover.ts';

/** A unit or a job that runs here. */
export type Held = { running(): Running | undefined; readonly stop: AbortController };

export type Heart = {
  /** Seconds since the database took a heartbeat; undefined before the first. */
  age(): number | undefined;
  /** Beats once more, and no further. */
  stop(): Promise<void>;
};

export type HeartOptions = {
  readonly database: Database;
  readonly engine: Engine;
  readonly worker: Beat;
  /** What runs here, by its id. */
  readonly held: ReadonlyMap<string, Held>;
  readonly tell: (message: string) => void;
};

/** Beats within the time after which others take a worker for dead. */
const BEATS = 6;
/** Looks for the dead within that time. */
const LOOKS = 3;

/** What runs here without being this worker's any more is stopped: it was cancelled, or another has it. */
const dropLost = async ({ engine, worker, held }: HeartOptions): Promise<void> => {
  const ids = [...held.keys()];
  const states = await engine.states(ids);
  for (const id of ids) {
    const state = states.get(id);
    if (state?.status === 'PENDING' && state.executor === worker.id) continue;
    if (state?.status === 'SUCCESS') continue;
    held.get(id)?.stop.abort(new Error(state?.status === 'CANCELLED' ? 'it was cancelled' : 'another worker has it'));
  }
};

export const startHeart = (options: HeartOptions): Heart => {
  const { database, engine, worker, held, tell } = options;
  const { silence } = worker;
  const period = (1000 * silence) / BEATS;
  let stopped = false;
  let wake = (): void => undefined;
  let steadySince: number | undefined; // while the database could not be reached nobody's heart could be heard
  let lookedAt = 0;
  let beatAt: number | undefined;

  const lookAfterOthers = async (now: number): Promise<void> => {
    if (steadySince === undefined || now - steadySince < 1000 * silence || now - lookedAt < (1000 * silence) / LOOKS) return;
    lookedAt = now;
    for (const { worker: dead, units } of await takeOver(database, engine, (now - steadySince) / 1000)) {
      tell(`the worker ${dead} is gone; ${units.length} of its units wait for others`);
    }
  };
  const once = async (): Promise<void> => {
    const now = performance.now();
    try {
      const running = [...held.values()].flatMap(one => one.running() ?? []);
      await beat(database, worker, running);
      beatAt = performance.now();
      steadySince ??= now;
      await dropLost(options);
      await lookAfterOthers(now);
    } catch (error) {
      if (steadySince !== undefined) tell(`the database does not answer (${(error as Error).message}); it is asked again`);
      steadySince = undefined;
    }
  };
  const beating = (async () => {
    while (!stopped) {
      await once();
      if (stopped) break;
      await new Promise<void>(resolve => {
        const timer = setTimeout(resolve, period);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  })();
  return {
    age: () => (beatAt === undefined ? undefined : (performance.now() - beatAt) / 1000),
    stop: async () => {
      stopped = true;
      wake();
      await beating;
    },
  };
};
