// The inference thread: it owns the sessions, because creating and running one blocks the thread that does it.
import { workerData } from 'node:worker_threads';
import type { InferenceSession } from 'onnxruntime-node';
import { serve } from '../../threads/serve.ts';
import type { InferenceCalls, SessionSettings } from './calls.ts';
import { openSession, runSession } from './session.ts';

const settings = workerData as SessionSettings;
const sessions = new Map<number, InferenceSession>();

const find = (session: number): InferenceSession => {
  const found = sessions.get(session);
  if (!found) throw new Error('the network was closed');
  return found;
};

serve<InferenceCalls>({
  async load({ session, exact, ...request }) {
    sessions.set(session, await openSession(request, exact ? { ...settings, provider: 'cpu', deviceId: 0 } : settings));
    return { value: undefined };
  },
  async run({ session, feeds, fetch }) {
    const value = await runSession(find(session), feeds, fetch);
    const buffers = Object.values(value).map(({ data }) => data.buffer as ArrayBuffer);
    return { value, transfer: [...new Set(buffers)] };
  },
  async compute(request) {
    const session = await openSession({ ...request, once: true }, settings);
    const { y } = await runSession(session, {}, ['y']);
    await session.release();
    return { value: y!, transfer: [y!.data.buffer as ArrayBuffer] };
  },
  async unload({ session }) {
    await find(session).release();
    sessions.delete(session);
    return { value: undefined };
  },
});
