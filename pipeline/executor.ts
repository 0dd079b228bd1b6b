// Runs a plan's tasks in this process: each when what it needs is there, as many at once as its resource allows.
import { setMaxListeners } from 'node:events';
import pLimit, { type LimitFunction } from 'p-limit';
import type { ArtifactStore } from './store.ts';

/** What a task occupies while it runs. */
export type Resource = 'inference' | 'cpu';

/** One step of a plan: makes the bytes of one artifact from those of others. */
export type Task = {
  readonly id: string;
  /** The key of its artifact. An artifact that the store has is not made again. */
  readonly key: string;
  readonly resource: Resource;
  /** Ids of the tasks whose artifacts it reads, in the order in which `run` receives them. */
  readonly needs: readonly string[];
  /** Do it even when the artifact exists. */
  readonly force?: boolean;
  run(inputs: readonly Uint8Array[], signal: AbortSignal): Promise<Uint8Array>;
};

export type ExecutorOptions = {
  readonly store: ArtifactStore;
  /** How many tasks of a resource run at once. */
  readonly limits: Readonly<Record<Resource, number>>;
  /** No `cpu` task begins before all inference is done: on a CPU device inference already uses every core. */
  readonly exclusive: boolean;
  readonly signal: AbortSignal;
  onStart?(task: Task): void;
  /** Awaited before the tasks that need this one may begin; receives the bytes of its artifact. */
  onDone?(task: Task, cached: boolean, bytes: Uint8Array): void | Promise<void>;
};

/** A run in progress. */
export type Execution = {
  /** The artifact of a task, when it is there. Rejects when any task failed. */
  artifact(id: string): Promise<Uint8Array>;
  /** Settles when every task is done, or one has failed and none runs any more. */
  readonly finished: Promise<void>;
};

/**
 * Starts the tasks. Ready tasks begin in the plan's order, so that results come in the order in which the encoder consumes them.
 * The first failure aborts the rest.
 */
export const execute = (tasks: readonly Task[], options: ExecutorOptions): Execution => {
  const { store, signal } = options;
  const failure = new AbortController();
  const stop = AbortSignal.any([signal, failure.signal]);
  setMaxListeners(0, stop);
  const limits: Record<Resource, LimitFunction> = { inference: pLimit(options.limits.inference), cpu: pLimit(options.limits.cpu) };
  const done = new Map<string, PromiseWithResolvers<void>>(tasks.map(task => [task.id, deferred()]));
  for (const { promise } of done.values()) promise.catch(() => undefined); // every failure is reported once, through `finished`
  const taskOf = new Map(tasks.map(task => [task.id, task]));

  const make = async (task: Task): Promise<Uint8Array> => {
    const bytes = await task.run(await Promise.all(task.needs.map(load)), stop);
    stop.throwIfAborted();
    await store.put(task.key, bytes);
    return bytes;
  };
  /** The artifact of a finished task; one that has disappeared or was damaged since is made again. */
  const load = async (id: string): Promise<Uint8Array> => {
    const task = taskOf.get(id)!;
    return (await store.get(task.key)) ?? make(task);
  };
  const perform = async (task: Task): Promise<void> => {
    stop.throwIfAborted();
    options.onStart?.(task);
    const found = task.force ? undefined : await store.get(task.key);
    const bytes = found ?? (await make(task));
    await options.onDone?.(task, found !== undefined, bytes);
  };

  const waiting = new Set(tasks);
  const finishedIds = new Set<string>();
  // No more is handed to a limit than it can run at once: what becomes ready later but stands earlier in the plan goes first.
  const running: Record<Resource, number> = { inference: 0, cpu: 0 };
  const started: Promise<void>[] = [];
  const startReady = (): void => {
    const inferring = tasks.some(task => task.resource === 'inference' && !finishedIds.has(task.id));
    for (const task of waiting) {
      if (options.exclusive && inferring && task.resource === 'cpu') continue;
      if (running[task.resource] >= options.limits[task.resource]) continue;
      if (!task.needs.every(id => finishedIds.has(id))) continue;
      waiting.delete(task);
      running[task.resource]++;
      const performed = limits[task.resource](() => perform(task)).then(
        () => {
          running[task.resource]--;
          finishedIds.add(task.id);
          done.get(task.id)!.resolve();
          startReady();
        },
        (error: unknown) => {
          failure.abort(error);
          for (const each of done.values()) each.reject(error);
        },
      );
      started.push(performed);
    }
  };
  startReady();
  return {
    artifact: async id => {
      await done.get(id)!.promise;
      return load(id);
    },
    finished: Promise.all([...done.values()].map(d => d.promise)).then(
      () => undefined,
      async error => {
        await Promise.all(started);
        throw error;
      },
    ),
  };
};

type PromiseWithResolvers<T> = { promise: Promise<T>; resolve(value: T): void; reject(reason: unknown): void };

/** Promise.withResolvers, which Node 20 lacks. */
const deferred = (): PromiseWithResolvers<void> => {
  let resolve!: () => void;
  let reject!: (reason: unknown) => void;
  const promise = new Promise<void>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
};
