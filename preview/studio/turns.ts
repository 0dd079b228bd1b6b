// Whose drawing runs: one at a time, and of each client the newest.

export type Turns = {
  /** Queues a drawing of a client. What that client asked for before ends, whether it runs or waits. */
  take(client: string, work: (signal: AbortSignal) => Promise<void>): void;
  drop(client: string): void;
  /** Ends all; resolves when nothing runs. */
  close(): Promise<void>;
};

export const openTurns = (): Turns => {
  const newest = new Map<string, AbortController>();
  let last: Promise<void> = Promise.resolve();
  const drop = (client: string): void => {
    newest.get(client)?.abort(new Error('a newer drawing takes its place'));
    newest.delete(client);
  };
  return {
    take: (client, work) => {
      drop(client);
      const turn = new AbortController();
      newest.set(client, turn);
      last = last.then(async () => {
        if (turn.signal.aborted) return;
        await work(turn.signal).catch(() => undefined); // `work` tells its failures
        if (newest.get(client) === turn) newest.delete(client);
      });
    },
    drop,
    close: async () => {
      for (const client of [...newest.keys()]) drop(client);
      await last;
    },
  };
};
