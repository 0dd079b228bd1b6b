// A runtime that counts what its networks are asked: runs, sessions, and the bytes that cross to its thread and back.
import type { Feeds } from '../../models/runtime/calls.ts';
import type { Runtime } from '../../models/runtime/runtime.ts';

/** What one network was asked. */
export type Asked = {
  sessions: number;
  runs: number;
  /** Bytes of feeds that were copied, of those that moved to the thread, and of results. */
  copied: number;
  given: number;
  fetched: number;
  /** Wall seconds from asking to the result: of all runs, and of the fastest. */
  seconds: number;
  least: number;
};

const bytesOf = (values: Feeds, taken: (name: string) => boolean): number =>
  Object.entries(values).reduce((sum, [name, { data }]) => sum + (taken(name) ? data.byteLength : 0), 0);

/** The same runtime, and its counts by the names of the networks. */
export const countedRuntime = (runtime: Runtime): Runtime & { readonly asked: Record<string, Asked> } => {
  const asked: Record<string, Asked> = {};
  return {
    ...runtime,
    asked,
    async load(graph) {
      const network = await runtime.load(graph);
      asked[graph.name] ??= { sessions: 0, runs: 0, copied: 0, given: 0, fetched: 0, seconds: 0, least: Number.POSITIVE_INFINITY };
      const count = asked[graph.name]!;
      count.sessions++;
      return {
        ...network,
        async run(feeds, fetch, signal, given = []) {
          count.runs++;
          count.copied += bytesOf(feeds, name => !given.includes(name));
          count.given += bytesOf(feeds, name => given.includes(name));
          const begin = performance.now();
          const results = await network.run(feeds, fetch, signal, given);
          const seconds = (performance.now() - begin) / 1000;
          count.seconds += seconds;
          count.least = Math.min(count.least, seconds);
          count.fetched += bytesOf(results, () => true);
          return results;
        },
      };
    },
  };
};
