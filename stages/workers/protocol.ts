// What the main thread and a pool's workers say to each other.

/** To a worker: a job, its place in the shared flags (1 = cancelled), and the task's input. */
export type Job = { readonly id: number; readonly task: string; readonly input: unknown; readonly cancelled: Int32Array };

/** From a worker: what a job came to. */
export type Outcome =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: { readonly code: string; readonly message: string } };

/** Every task of a pool: its input and its result, both structured-cloneable. */
export type Tasks = Record<string, { input: unknown; output: unknown }>;
