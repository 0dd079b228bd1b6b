// Sees a job through: queues its units as what they read is made, a bounded number at a time, so that jobs take turns; then it is done.
// It keeps nothing that cannot be found out again: whoever takes the job over begins here.
import { RerenderError } from '../../config/errors.ts';
import { deviceOf } from '../../pipeline/session/plan-file.ts';
import type { Bell } from '../bell.ts';
import type { Database } from '../database.ts';
import type { Engine, Work, WorkState } from '../engine.ts';
import { jobIn, noteProgress, unitsOfAlone } from '../jobs-table.ts';
import type { SharedStore } from '../store/store.ts';
import { jobKeys, planOf } from '../ticket.ts';
import { madeUnits, queueOf, type Unit, type UnitStage } from '../units.ts';
import { DEATHS } from './takeover.ts';
import { readTicket } from './tickets.ts';

export type Driving = {
  readonly database: Database;
  readonly engine: Engine;
  readonly store: SharedStore;
  readonly bell: Bell;
  /** The job was cancelled, or another worker sees it through. */
  readonly signal: AbortSignal;
};

/** Units of one job that are queued or run at once: more than machines have, few enough that other jobs come in between. */
const AT_ONCE = 64;
/** Milliseconds between two looks while the bell does not ring. */
const LOOK = 1000;

const failed = ({ error, executor }: WorkState, { title }: Unit): RerenderError =>
  new RerenderError('UNIT_FAILED', 'failure', `${title} failed on ${executor || 'a worker'}: ${error ?? 'it says nothing more'}`);

const checkDeaths = async ({ pool }: Database, { id, title }: Unit): Promise<void> => {
  const { rows } = await pool.query<{ count: number }>('SELECT count FROM rerender.deaths WHERE unit = $1', [id]);
  const count = rows[0]?.count ?? 0;
  if (count < DEATHS) return;
  await pool.query('DELETE FROM rerender.deaths WHERE unit = $1', [id]); // a retry counts anew
  throw new RerenderError('UNIT_DEADLY', 'failure', `${title}: ${count} workers ended while they were at it: see what they said.`);
};

/** What is made so far: keys in the store, as far as they have been looked for. */
const madeIn = ({ parts }: SharedStore) => {
  const made = new Set<string>();
  const has = async (key: string): Promise<boolean> => {
    if (!made.has(key) && (await parts.has(key))) made.add(key);
    return made.has(key);
  };
  return {
    made,
    /** Of a unit all; looks no further than to the first that is missing. */
    all: async (keys: readonly string[]): Promise<boolean> => {
      for (const key of keys) if (!(await has(key))) return false;
      return true;
    },
    add: (keys: readonly string[]): void => {
      for (const key of keys) made.add(key);
    },
  };
};

/** Drives a job to its end. @throws RerenderError for a unit that failed; the signal's reason */
export const driveJob = async (ticketKey: string, { database, engine, store, bell, signal }: Driving): Promise<void> => {
  const keys = jobKeys(ticketKey);
  const planned = planOf(await readTicket(store, ticketKey));
  const device = deviceOf(planned);
  const frames = planned.parts.reduce((sum, { first, last }) => sum + last - first + 1, 0);
  const encode: Unit = {
    ...{ id: keys.encode, stage: 'encode', resource: 'encode', title: 'the result' },
    ...{ wanted: [], keys: [], needs: [], counted: [], size: frames },
  };
  const units = madeUnits(planned);
  const isEncoded = planned.options.stopAfter === undefined;
  const totals = new Map<UnitStage, number>();
  for (const { stage, size } of isEncoded ? [...units, encode] : units) totals.set(stage, (totals.get(stage) ?? 0) + size);
  const { made, all, add } = madeIn(store);
  const waiting = new Set<Unit>();
  const out = new Map<string, Unit>();
  const priority = (await jobIn(database, keys.job))?.priority ?? 0;
  const work = (unit: Unit): Work => ({
    id: unit.id,
    workflow: 'unit',
    queue: queueOf(unit, device),
    priority,
    args: [ticketKey, unit.id, unit.resource, store.id],
  });
  const inChains = new Set(units.filter(({ stage }) => stage === 'keyframes').flatMap(unit => unit.keys));
  let told = '';

  const isDone = async (unit: Unit): Promise<boolean> => (unit === encode ? store.hasFile(keys.result) : all(unit.keys));
  const tell = async (): Promise<void> => {
    const left = new Map<UnitStage, number>();
    for (const { stage, size } of [...waiting, ...out.values()]) left.set(stage, (left.get(stage) ?? 0) + size);
    const progress = Object.fromEntries([...totals].map(([stage, total]) => [stage, { done: total - (left.get(stage) ?? 0), total }]));
    const now = JSON.stringify([progress, [...out.keys()]]);
    if (now !== told) await noteProgress(database, keys.job, progress, [...out.keys()]);
    told = now;
  };
  /** Takes in what has become of the units that are out. */
  const gather = async (): Promise<void> => {
    const states = await engine.states([...out.keys(), keys.job]); // of one moment: a job is cancelled before its units are
    if (states.get(keys.job)?.status === 'CANCELLED') throw new Error('the job was cancelled');
    for (const [id, unit] of out) {
      const state = states.get(id);
      if (state?.status === 'ERROR') throw failed(state, unit);
      if (state?.status === 'SUCCESS' && (await isDone(unit))) {
        add(unit.keys);
        out.delete(id);
      } else if (!state || state.status === 'SUCCESS' || state.status === 'CANCELLED') {
        await checkDeaths(database, unit);
        await engine.launch(work(unit), state); // what it made is gone, or another job that had it was cancelled
      } else if (unit.stage === 'keyframes') await all(unit.keys); // key frames are made one after the other
    }
  };
  const send = async (): Promise<void> => {
    const ready: Unit[] = [];
    for (const unit of waiting) {
      if (out.size + ready.length >= AT_ONCE) break;
      if (unit === encode ? units.some(({ keys: parts }) => parts.every(key => made.has(key))) : unit.needs.every(key => made.has(key)))
        ready.push(unit);
    }
    if (ready.length === 0) return;
    for (const unit of ready) {
      waiting.delete(unit);
      out.set(unit.id, unit);
    }
    await tell(); // before they are out: who cancels the job has to find them
    const states = await engine.states(ready.map(({ id }) => id));
    for (const unit of ready) await engine.launch(work(unit), states.get(unit.id));
  };

  if (isEncoded && (await store.hasFile(keys.result))) return;
  for (const unit of units) if (!(await isDone(unit))) waiting.add(unit);
  if (isEncoded) waiting.add(encode);
  try {
    await bell.until(
      async () => {
        await gather();
        await send();
        await tell();
        return waiting.size === 0 && out.size === 0;
      },
      { matches: name => out.has(name) || inChains.has(name) || name === keys.job, every: LOOK, signal },
    );
  } catch (error) {
    const state = (await engine.states([keys.job])).get(keys.job);
    const goesOn = signal.aborted && state?.status !== 'CANCELLED'; // elsewhere
    if (!goesOn) await engine.cancel(await unitsOfAlone(database, keys.job, [...out.keys()]));
    throw error;
  }
};
