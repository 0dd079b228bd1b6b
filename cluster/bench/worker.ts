// A worker that sleeps in place of working: DATABASE STORE NAME KEYFRAME INTERVAL (seconds).
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bell } from '../bell.ts';
import type { SharedStore } from '../store/store.ts';
import { jobKeys, planOf } from '../ticket.ts';
import { unitsOf } from '../units.ts';
import { readTicket } from '../worker/tickets.ts';
import { runWorker } from '../worker/worker.ts';
import type { CarryOut } from '../worker/workflows.ts';
import { PRETENDED, PRETENDED_VERSION } from './plan.ts';

const [databaseUrl = '', store = '', name = '', keyframe = '1', interval = '1'] = process.argv.slice(2);
const stop = new AbortController();
process.on('SIGTERM', () => stop.abort(new Error('told to stop')));

/** Milliseconds between two looks for the next part while the bell does not ring. */
const LOOK = 1000;

const pretend = (shared: SharedStore, bell: Bell): CarryOut => {
  const plans = new Map<string, ReturnType<typeof unitsOf>>();
  const unitsIn = async (ticket: string) => {
    const units = plans.get(ticket) ?? unitsOf(planOf(await readTicket(shared, ticket)));
    plans.set(ticket, units);
    return units;
  };
  return async ({ ticket, id }, signal, { made }) => {
    const units = await unitsIn(ticket);
    const unit = units.find(one => one.id === id);
    if (unit) {
      for (const key of unit.keys) {
        if (await shared.parts.has(key)) continue;
        await sleep(1000 * Number(unit.stage === 'keyframes' ? keyframe : interval), undefined, { signal });
        await shared.parts.put(key, Buffer.from(key));
        made(key);
      }
      return;
    }
    for (const { keys, stage } of units) {
      if (stage !== 'propagate') continue;
      await bell.until(() => shared.parts.has(keys[0]!), { matches: name => name === keys[0], every: LOOK, signal });
    }
    const file = join(tmpdir(), `${jobKeys(ticket).result}-${process.pid}`);
    writeFileSync(file, ticket);
    await shared.putFile(jobKeys(ticket).result, file);
  };
};

await runWorker({
  ...{ databaseUrl, store, name, silence: 20, layers: [], fetchedLimit: 0, resources: { inference: 1, cpu: 1 }, signal: stop.signal },
  tell: message => process.stderr.write(`${name}: ${message}\n`),
  version: PRETENDED_VERSION,
  pretend: { device: PRETENDED, carryOut: pretend },
}).catch(error => {
  if (!stop.signal.aborted) throw error;
});
process.exit(0);
