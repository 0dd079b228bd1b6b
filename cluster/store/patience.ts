// A store that refuses for a while, as network drives do, is asked again: a job of hours does not end for a pause of seconds.
import { RerenderError } from '../../config/errors.ts';
import type { ArtifactStore } from '../../pipeline/graph/store.ts';
import { type SharedStore, StoreError } from './store.ts';

/** How long a store may refuse, and the waits between two questions; milliseconds. */
const PATIENCE = 120_000;
const SHORTEST = 250;
const LONGEST = 5_000;

const pause = (milliseconds: number): Promise<void> => new Promise(resolve => setTimeout(resolve, milliseconds));

export type Patience = {
  /** Hears of the first refusal in a row, and of the end of the row. */
  readonly tell: (message: string) => void;
  /** Ends the waiting. */
  readonly signal: AbortSignal;
  /** Milliseconds. */
  readonly patience?: number;
};

/** Each question asked again while the store refuses. */
export const patientStore = (store: SharedStore, { tell, signal, patience = PATIENCE }: Patience): SharedStore => {
  let refuses = false;
  const ask = async <T>(question: () => Promise<T>): Promise<T> => {
    const begin = performance.now();
    for (let wait = SHORTEST; ; wait = Math.min(LONGEST, 2 * wait)) {
      try {
        const answer = await question();
        if (refuses) tell(`the store ${store.name} answers again`);
        refuses = false;
        return answer;
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof RerenderError && !(error instanceof StoreError)) throw error; // it is this machine that refuses
        if (performance.now() - begin + wait > patience) throw error;
        if (!refuses) tell(`${(error as Error).message}; it is asked again`);
        refuses = true;
        await pause(wait);
        signal.throwIfAborted();
      }
    }
  };
  const parts: ArtifactStore = {
    has: key => ask(() => store.parts.has(key)),
    get: key => ask(() => store.parts.get(key)),
    put: (key, bytes) => ask(() => store.parts.put(key, bytes)),
    release: key => ask(() => store.parts.release(key)),
    remove: key => ask(() => store.parts.remove(key)),
  };
  return {
    ...store,
    parts,
    hasFile: key => ask(() => store.hasFile(key)),
    putFile: (key, path, sent) => ask(() => store.putFile(key, path, sent)),
    getFile: (key, path) => ask(() => store.getFile(key, path)),
    removeFile: key => ask(() => store.removeFile(key)),
  };
};
