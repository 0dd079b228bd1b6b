// A bell between machines, over PostgreSQL's NOTIFY: who waits for the work of others looks at once when it rings. A message may be lost
// while a connection is renewed, and a pooler in between may carry none, so whoever waits also looks at intervals of its own.
import type { PoolClient } from 'pg';
import type { Database } from './database.ts';

export type Listening = {
  /** Of which keys and units it wants to hear. */
  readonly matches: (name: string) => boolean;
  /** Milliseconds between two looks while it does not ring. */
  readonly every: number;
  readonly signal: AbortSignal;
};

export type Bell = {
  /** Looks again whenever it rings, until `look` says that there is nothing more to wait for. @throws the signal's reason on abort */
  until(look: () => Promise<boolean>, listening: Listening): Promise<void>;
  close(): Promise<void>;
};

const CHANNEL = 'rerender';
/** Milliseconds between two looks, however often it rings. */
const PAUSE = 20;

/** Rings when work has ended, in whichever way; DBOS's own table is left as it is but for that. */
export const BELL = `
  CREATE OR REPLACE FUNCTION rerender.ring() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN PERFORM pg_notify('${CHANNEL}', NEW.workflow_uuid); RETURN NULL; END $$;
  DROP TRIGGER IF EXISTS rerender_ring ON dbos.workflow_status;
  CREATE TRIGGER rerender_ring AFTER UPDATE OF status ON dbos.workflow_status FOR EACH ROW
    WHEN (NEW.status IN ('SUCCESS', 'ERROR', 'CANCELLED') AND OLD.status <> NEW.status) EXECUTE FUNCTION rerender.ring();`;

/** Tells of a part that is in the store. Nobody depends on it. */
export const ring = ({ pool }: Database, key: string): void => {
  pool.query('SELECT pg_notify($1, $2)', [CHANNEL, key]).catch(() => undefined);
};

const sleep = (ms: number): Promise<void> => new Promise(wake => setTimeout(wake, ms));

type Waiter = { readonly matches: (name: string) => boolean; rung: boolean; wake: (() => void) | undefined };

/** Takes one connection of the pool from the first wait until it is closed. */
export const openBell = ({ pool }: Database): Bell => {
  const waiters = new Set<Waiter>();
  let client: PoolClient | undefined;
  let opening: Promise<void> | undefined;
  let closed = false; // who still waits looks on without a connection: the pool ends only when it has all of them back
  const drop = (): void => {
    client?.removeAllListeners('notification');
    client?.release(true);
    client = undefined;
  };
  const open = async (): Promise<void> => {
    const fresh = await pool.connect();
    fresh.on('error', () => {
      if (client !== fresh) return;
      drop();
      if (waiters.size > 0) connect(); // else whoever waits next does; and where this one fails, too
    });
    fresh.on('notification', ({ payload = '' }) => {
      for (const waiter of waiters) {
        if (waiter.rung || !waiter.matches(payload)) continue;
        waiter.rung = true;
        waiter.wake?.();
      }
    });
    client = fresh;
    await fresh.query(`LISTEN ${CHANNEL}`);
  };
  const connect = (): void => {
    if (client || closed) return;
    opening ??= open()
      .catch(drop)
      .finally(() => (opening = undefined));
  };
  const waiting = async (waiter: Waiter, ms: number, signal: AbortSignal): Promise<void> => {
    await sleep(PAUSE);
    if (waiter.rung || signal.aborted) return;
    await new Promise<void>(resolve => {
      const done = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, ms - PAUSE);
      waiter.wake = done;
      signal.addEventListener('abort', done, { once: true });
    });
    waiter.wake = undefined;
  };
  return {
    until: async (look, { matches, every, signal }) => {
      const waiter: Waiter = { matches, rung: false, wake: undefined };
      waiters.add(waiter);
      try {
        for (;;) {
          connect();
          signal.throwIfAborted();
          waiter.rung = false; // what rings from here on may come too late for this look
          if (await look()) return;
          await waiting(waiter, every, signal);
        }
      } finally {
        waiters.delete(waiter);
      }
    },
    close: async () => {
      closed = true;
      await opening;
      drop();
    },
  };
};

/** @param use waits with a bell that is closed behind it */
export const withBell = async <T>(database: Database, use: (bell: Bell) => Promise<T>): Promise<T> => {
  const bell = openBell(database);
  try {
    return await use(bell);
  } finally {
    await bell.close();
  }
};
