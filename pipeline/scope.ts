// What a job opens is closed in every way of leaving: when it ends, when opening the next thing fails, on abort, while tasks still run.

type Closable = { close(): Promise<unknown> };

export type Scope = {
  /** Aborts with the caller's signal, and when the job fails: what still runs then stops. */
  readonly signal: AbortSignal;
  /** Takes what is opened, to close it when the job ends: the latest first. */
  use<T extends Closable>(opening: T | Promise<T>): Promise<T>;
};

/**
 * Runs a job in a scope of its own. Everything opened in it is closed when it ends; its failure aborts what runs before that.
 * @param signal the caller's, which aborts the job
 */
export const withScope = async <T>(signal: AbortSignal | undefined, job: (scope: Scope) => Promise<T>): Promise<T> => {
  const failure = new AbortController();
  const open: Closable[] = [];
  const close = async (): Promise<void> => {
    const failed: unknown[] = [];
    for (const each of open.reverse()) await each.close().catch(error => failed.push(error));
    if (failed.length > 0) throw failed[0];
  };
  const scope: Scope = {
    signal: signal ? AbortSignal.any([signal, failure.signal]) : failure.signal,
    use: async opening => {
      const opened = await opening;
      open.push(opened);
      return opened;
    },
  };
  let result: T;
  try {
    result = await job(scope);
  } catch (error) {
    failure.abort(error);
    await close().catch(() => undefined); // the job's own failure is the one to tell
    throw error;
  }
  await close();
  return result;
};

/** Tasks that run beside the job; closing waits until the last has settled. Their failures are told elsewhere. */
export type BackgroundTasks = Closable & { add(task: Promise<unknown>): void };

export const backgroundTasks = (): BackgroundTasks => {
  const tasks: Promise<unknown>[] = [];
  return {
    add: task => {
      tasks.push(task);
      task.catch(() => undefined);
    },
    close: () => Promise.allSettled(tasks),
  };
};
