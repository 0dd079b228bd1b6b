// A network whose session is opened by its first run and can be given back in between.
import type { NetworkGraph } from '../onnx/network-graph.ts';
import type { Network, Runtime } from './runtime.ts';

/** What a network has cost: sessions that were opened, and runs. */
export type Usage = { readonly sessions: number; readonly runs: number };

export type LazyNetwork = Pick<Network, 'run'> & {
  readonly graph: NetworkGraph;
  /** Frees the session until the next run. */
  readonly release: () => Promise<void>;
};

export const lazyNetwork = (runtime: Runtime, graph: NetworkGraph): LazyNetwork & { readonly usage: () => Usage } => {
  let opened: Promise<Network> | undefined;
  let sessions = 0;
  let runs = 0;
  const open = (): Promise<Network> => {
    sessions++;
    return runtime.load(graph);
  };
  return {
    graph,
    usage: () => ({ sessions, runs }),
    async run(feeds, fetch, signal) {
      opened ??= open();
      runs++;
      return (await opened).run(feeds, fetch, signal);
    },
    async release() {
      const network = await opened;
      opened = undefined;
      await network?.close();
    },
  };
};
