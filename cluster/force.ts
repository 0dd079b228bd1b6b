// `--force STAGE` for a job elsewhere: what the stage and those behind it have made goes from the store, and is made anew.
import pLimit from 'p-limit';
import { UsageError } from '../config/errors.ts';
import type { Options } from '../config/options.ts';
import { keysOf, stepOf } from '../pipeline/graph/key.ts';
import { forcedBy } from '../pipeline/jobs/progress.ts';
import type { PlannedClip } from '../pipeline/session/plan-file.ts';
import { STEPS } from '../pipeline/steps/table.ts';
import type { Cluster } from './cluster.ts';
import { jobsIn } from './jobs-table.ts';
import { type JobKeys, planOf } from './ticket.ts';
import { unitsOf } from './units.ts';
import { readTicket } from './worker/tickets.ts';

/** What is asked of the store at once. */
const AT_ONCE = 8;

/** The keys of what lasts of the steps that are made anew. */
const forcedKeys = ({ plan, leaves }: PlannedClip, force: Options['force']): ReadonlySet<string> => {
  const forced = forcedBy(force);
  const keyOf = keysOf(plan, STEPS, leaves);
  return new Set(
    plan.nodes.flatMap(node => {
      const step = stepOf(STEPS, node);
      if (!forced(step)) return [];
      const lasting = Object.entries(step.outputs).filter(([, { keep }]) => keep === 'cache' || keep === 'run');
      return lasting.map(([output]) => keyOf({ node: node.id, output }));
    }),
  );
};

/** Nothing may go that a job at work counts on. @throws UsageError naming the job */
const checkUnused = async ({ database, engine, store }: Cluster, keys: ReadonlySet<string>, mine: string, force: string): Promise<void> => {
  const rows = await jobsIn(database);
  const states = await engine.states(rows.map(({ id }) => id));
  const atWork = rows.filter(({ id }) => ['ENQUEUED', 'PENDING', 'DELAYED'].includes(states.get(id)?.status ?? ''));
  for (const { id, ticket, input } of atWork) {
    const planned = id === mine ? undefined : await readTicket(store, ticket).then(planOf, () => undefined);
    if (id !== mine && !(planned && unitsOf(planned).some(unit => unit.keys.some(key => keys.has(key))))) continue;
    throw new UsageError(
      `--force ${force}: the job ${id} (${input}) works with these parts: wait for it, or \`rerender jobs cancel ${id}\`.`,
    );
  }
};

/** Removes what is to be made anew, and the result. */
export const removeForced = async (cluster: Cluster, planned: PlannedClip, keys: JobKeys, force: Options['force']): Promise<void> => {
  if (force === undefined) return;
  const forced = forcedKeys(planned, force);
  await checkUnused(cluster, forced, keys.job, force);
  const limit = pLimit(AT_ONCE);
  await Promise.all([...forced].map(key => limit(() => cluster.store.parts.remove(key))));
  await cluster.store.removeFile(keys.result);
};
