// The inference thread: it owns the sessions, because creating and running one blocks the thread that does it.
import { parentPort, workerData } from 'node:worker_threads';
import type { InferenceSession } from 'onnxruntime-node';
import type { InferenceCalls, SessionSettings } from './calls.ts';
import { openSession, runSession } from './session.ts';
import type { Reply } from './thread.ts';

type Handlers = { readonly [K in keyof InferenceCalls]: (argument: InferenceCalls[K]['argument']) => Promise<InferenceCalls[K]['result']> };
type Message = {
  readonly [K in keyof InferenceCalls]: { readonly name: K; readonly argument: InferenceCalls[K]['argument'] };
}[keyof InferenceCalls];

const settings = workerData as SessionSettings;
const sessions = new Map<number, InferenceSession>();

const find = (session: number): InferenceSession => {
  const found = sessions.get(session);
  if (!found) throw new Error('the network was closed');
  return found;
};

const handlers: Handlers = {
  async load({ session, ...request }) {
    sessions.set(session, await openSession(request, settings));
  },
  run: ({ session, feeds, fetch }) => runSession(find(session), feeds, fetch),
  async unload({ session }) {
    await find(session).release();
    sessions.delete(session);
  },
};

const answer = async ({ name, argument }: Message): Promise<void> => {
  try {
    const value = await (handlers[name] as (argument: unknown) => Promise<unknown>)(argument);
    const buffers =
      name === 'run' ? Object.values(value as InferenceCalls['run']['result']).map(({ data }) => data.buffer as ArrayBuffer) : [];
    parentPort?.postMessage({ value } satisfies Reply, [...new Set(buffers)]);
  } catch (cause) {
    parentPort?.postMessage({ failure: cause instanceof Error ? cause.message : String(cause) } satisfies Reply);
  }
};

parentPort?.on('message', answer);
parentPort?.postMessage({ ready: true } satisfies Reply);
