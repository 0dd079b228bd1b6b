// The inference thread: it owns the sessions, because creating and running one blocks the thread that does it.
import { workerData } from 'node:worker_threads';
import type { InferenceSession } from 'onnxruntime-node';
import { RerenderError } from '../../config/errors.ts';
import { serve } from '../../threads/serve.ts';
import type { InferenceCalls, LoadRequest, SessionSettings } from './calls.ts';
import { isOutOfMemory, OUT_OF_MEMORY } from './memory-signs.ts';
import { openSession, runSession } from './session.ts';

/** A network that was loaded, and its session, which is closed where another network needs the memory. */
type Loaded = { readonly request: LoadRequest; session: InferenceSession | undefined };

const settings = workerData as SessionSettings;
const networks = new Map<number, Loaded>();

const sessionOf = async (network: Loaded): Promise<InferenceSession> => {
  const { exact, ...request } = network.request;
  network.session ??= await openSession(request, exact ? { ...settings, provider: 'cpu', deviceId: 0 } : settings);
  return network.session;
};

const find = (session: number): Loaded => {
  const found = networks.get(session);
  if (!found) throw new Error('the network was closed');
  return found;
};

const close = async (network: Loaded): Promise<void> => {
  const { session } = network;
  network.session = undefined;
  await session?.release();
};

/** Does some work; where memory runs out, once more with everything closed. Says whether it took that. */
const withRoom = async <T>(work: () => Promise<T>): Promise<{ readonly result: T; readonly alone: boolean }> => {
  const attempt = async (): Promise<{ readonly result: T } | { readonly message: string }> => {
    try {
      return { result: await work() };
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      if (isOutOfMemory(message)) return { message };
      throw error;
    }
  };
  const first = await attempt();
  if ('result' in first) return { ...first, alone: false };
  for (const network of networks.values()) await close(network);
  const second = await attempt();
  if ('result' in second) return { ...second, alone: true };
  throw new RerenderError(OUT_OF_MEMORY, 'failure', second.message);
};

serve<InferenceCalls>({
  async load(request) {
    const network: Loaded = { request, session: undefined };
    const { alone } = await withRoom(() => sessionOf(network));
    networks.set(request.session, network);
    return { value: { alone } };
  },
  async run({ session, feeds, fetch }) {
    const network = find(session);
    const { result: outputs, alone } = await withRoom(async () => runSession(await sessionOf(network), feeds, fetch));
    const buffers = Object.values(outputs).map(({ data }) => data.buffer as ArrayBuffer);
    return { value: { outputs, alone }, transfer: [...new Set(buffers)] };
  },
  async compute(request) {
    const session = await openSession({ ...request, once: true }, settings);
    const { y } = await runSession(session, {}, ['y']);
    await session.release();
    return { value: y!, transfer: [y!.data.buffer as ArrayBuffer] };
  },
  async unload({ session }) {
    await close(find(session));
    networks.delete(session);
    return { value: undefined };
  },
});
