// How often workers look into a queue: so that all of them together look the same number of times a second, however many there are.
// What waits is taken by whoever looks next, so it waits no longer with many that look seldom than with few that look often.
import type { Database } from '../database.ts';
import { livingIn } from '../workers-table.ts';

/** Looks a second into one queue, by all workers together. */
const LOOKS = 80;
/** Milliseconds between two looks of one worker: a worker alone does not spin, one of many hears of work within a second. */
const [SHORTEST, LONGEST] = [50, 1000];
/** Milliseconds between two counts of the workers. */
const COUNT = 5000;

/** Milliseconds between two looks of one of so many workers. */
export const paceOf = (workers: number): number => Math.min(LONGEST, Math.max(SHORTEST, Math.round((1000 * workers) / LOOKS)));

/** The same, of the workers that are there. */
export const paceNow = async (database: Database): Promise<number> => paceOf(await livingIn(database));

type Paced = { setMinPollingIntervalMs(ms: number): Promise<void> };

/** Keeps the pace of queues at that of the workers that are there. Returns what ends that. */
export const keepPace = (database: Database, queues: readonly Paced[], begin: number): (() => void) => {
  let pace = begin;
  const look = async (): Promise<void> => {
    const now = await paceNow(database);
    if (now === pace) return;
    for (const queue of queues) await queue.setMinPollingIntervalMs(now);
    pace = now;
  };
  const timer = setInterval(() => void look().catch(() => undefined), COUNT);
  return () => clearInterval(timer);
};
