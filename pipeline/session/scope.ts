// What a job opens is closed in every way of leaving: when it ends, when opening the next thing fails, on abort, while tasks still run.

type Closable = { close(): Promise<unknown> };

export type Scope = {
  /** Aborts with the caller's signal, and when the job fails: what still runs then stops. */
  readonly signal: AbortSignal;
  /** Takes what is opened, to close it when the job ends: the latest first. */
  use<T extends Closable>(opening: T | Promise<T>): Promise<T>;
};

export type OpenScope = Scope & {
  /** Aborts what runs. */
  abort(reason: unknown): void;
  /** Closes everything, the latest first; what is closed once stays closed. */
  close(): Promise<void>;
};

/** @param signal the caller's, which aborts what runs in the scope */
export const openScope = (signal: AbortSignal | undefined): OpenScope => {
  const failure = new AbortController();
  const open: Closable[] = [];
  return {
    signal: signal ? AbortSignal.any([signal, failure.signal]) : failure.signal,
    use: async opening => {
      const opened = await opening;
      open.push(opened);
      return opened;
    },
    abort: reason => failure.abort(reason),
    close: async () => {
      const failed: unknown[] = [];
      for (let last = open.pop(); last; last = open.pop()) await last.close().catch(error => failed.push(error));
      if (failed.length > 0) throw failed[0];
    },
  };
};

/**
 * Runs a job in a scope of its own. Everything opened in it is closed when it ends; its failure aborts what runs before that.
 * @param signal the caller's, which aborts the job
 */
export const withScope = async <T>(signal: AbortSignal | undefined, job: (scope: Scope) => Promise<T>): Promise<T> => {
  const scope = openScope(signal);
  let result: T;
  try {
    result = await job(scope);
  } catch (error) {
    scope.abort(error);
    await scope.close().catch(() => undefined); // the job's own failure is the one to tell
    throw error;
  }
  await scope.close();
  return result;
};
