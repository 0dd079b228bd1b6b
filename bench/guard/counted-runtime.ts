// A runtime that counts what its networks are asked: runs, sessions, multiplications, and the bytes that cross to its thread and back.
import { factorsOf, type Sizes } from '../../models/onnx/dims.ts';
import type { NetworkGraph } from '../../models/onnx/network-graph.ts';
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
  /** Of all runs; 0 where the graph does not tell, as it has sizes that follow from several inputs. */
  multiplications: number;
  /** Wall seconds from asking to the result, of all runs. */
  seconds: number;
  /** Seconds of the processors in the quickest run: other work on the machine changes them least. */
  least: number;
};

/** Seconds that the processors have worked for this process. */
export const ofProcessors = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

const bytesOf = (values: Feeds, taken: (name: string) => boolean): number =>
  Object.entries(values).reduce((sum, [name, { data }]) => sum + (taken(name) ? data.byteLength : 0), 0);

/** What feeds tell of the free dims of a graph, of `8*height` as of `height`. */
const sizesOf = ({ inputs }: NetworkGraph, feeds: Feeds): Sizes =>
  Object.fromEntries(
    inputs.flatMap(({ name, dims }) =>
      dims.map((dim, axis) => {
        const [free, factor = 1] = factorsOf(dim).toReversed();
        return [String(free), (feeds[name]?.dims[axis] ?? 0) / Number(factor)];
      }),
    ),
  );

const sum = (counts: Readonly<Record<string, number>> = {}): number => Object.values(counts).reduce((total, count) => total + count, 0);

/** The same runtime, and its counts by the names of the networks. */
export const countedRuntime = (runtime: Runtime): Runtime & { readonly asked: Record<string, Asked> } => {
  const asked: Record<string, Asked> = {};
  return {
    ...runtime,
    asked,
    async load(graph) {
      const network = await runtime.load(graph);
      const none = { sessions: 0, runs: 0, copied: 0, given: 0, fetched: 0, multiplications: 0, seconds: 0 };
      asked[graph.name] ??= { ...none, least: Number.POSITIVE_INFINITY };
      const count = asked[graph.name]!;
      count.sessions++;
      return {
        ...network,
        async run(feeds, fetch, signal, given = []) {
          count.runs++;
          count.copied += bytesOf(feeds, name => !given.includes(name));
          count.given += bytesOf(feeds, name => given.includes(name));
          count.multiplications += sum(graph.products?.(sizesOf(graph, feeds)));
          const [begin, worked] = [performance.now(), ofProcessors()];
          const results = await network.run(feeds, fetch, signal, given);
          count.seconds += (performance.now() - begin) / 1000;
          count.least = Math.min(count.least, ofProcessors() - worked);
          count.fetched += bytesOf(results, () => true);
          return results;
        },
      };
    },
  };
};
