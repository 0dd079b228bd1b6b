// A network whose session is opened by its first run and can be given back in between.
import type { NetworkGraph } from '../onnx/network-graph.ts';
import type { Network, Runtime } from './runtime.ts';

export type LazyNetwork = Pick<Network, 'run'> & {
  readonly graph: NetworkGraph;
  /** Frees the session until the next run. */
  readonly release: () => Promise<void>;
};

export const lazyNetwork = (runtime: Runtime, graph: NetworkGraph): LazyNetwork => {
  let opened: Promise<Network> | undefined;
  return {
    graph,
    async run(feeds, fetch, signal) {
      opened ??= runtime.load(graph);
      return (await opened).run(feeds, fetch, signal);
    },
    async release() {
      const network = await opened;
      opened = undefined;
      await network?.close();
    },
  };
};
