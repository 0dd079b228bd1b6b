// What the main thread and its worker threads say to each other.
import type { ErrorKind } from '../config/errors.ts';

/** Every call that a worker answers, by name: its input and its output, both structured-cloneable. */
export type Calls = { readonly [name: string]: { readonly input: unknown; readonly output: unknown } };

/** To a worker: a call, its input, and a flag in shared memory (1 = cancelled). */
export type Job = { readonly name: string; readonly input: unknown; readonly cancelled: Int32Array };

/** What a job came to: its output, or the error of the program that it ended with. */
export type Outcome = { readonly value: unknown } | { readonly error: TaskError };

/** An error on its way between threads: class instances do not survive the border, their code and kind do. */
export type TaskError = { readonly code: string; readonly kind: ErrorKind; readonly message: string };

/** From a worker: its libraries are loaded and it answers jobs, or what the one job that it has came to. */
export type Reply = { readonly ready: true } | Outcome;
