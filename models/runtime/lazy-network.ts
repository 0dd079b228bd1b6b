// A network whose session is opened by its first run and can be given back in between.

import type { Sizes } from '../onnx/dims.ts';
import type { NetworkGraph } from '../onnx/network-graph.ts';
import type { Feeds } from './calls.ts';
import type { Network, Runtime } from './runtime.ts';

/** What a network has cost: sessions that were opened, and runs. */
export type Usage = { readonly sessions: number; readonly runs: number };

export type LazyNetwork = Pick<Network, 'run'> & {
  readonly graph: NetworkGraph;
  /** Frees the session until the next run. */
  readonly release: () => Promise<void>;
};

/** Names of free dims that stay through a whole drawing. Tokens, banks and control images may change from step to step. */
const LASTING = ['batch', 'pictures', 'frames', 'height', 'width'];

/** The sizes that feeds give to the lasting dims of a graph. */
const sizesOf = ({ inputs }: NetworkGraph, feeds: Feeds): Sizes => {
  const sizes: Record<string, number> = {};
  for (const { name, dims } of inputs) {
    dims.forEach((dim, axis) => {
      const size = feeds[name]?.dims[axis];
      if (LASTING.includes(String(dim)) && size !== undefined) sizes[dim] ??= size;
    });
  }
  return sizes;
};

/**
 * A session serves all sizes, unless convolutions have a form that suits those of the first run (`NetworkGraph.sized`): then a run of
 * another size closes it and opens one of its own, which costs seconds for a large network, and so less than a few steps save.
 */
export const lazyNetwork = (runtime: Runtime, graph: NetworkGraph): LazyNetwork & { readonly usage: () => Usage } => {
  let opened: Promise<{ readonly graph: NetworkGraph; readonly network: Network }> | undefined;
  let fitted: { readonly sizes: string; readonly graph: NetworkGraph } | undefined;
  let sessions = 0;
  let runs = 0;

  /** The graph for a size: built again where the size is another than before. */
  const fit = (sizes: Sizes): NetworkGraph => {
    const key = JSON.stringify(sizes);
    if (fitted?.sizes !== key) {
      const sized = graph.adapt?.({ sizes, convolution: runtime.convolution });
      fitted = { sizes: key, graph: sized?.sized ? sized : graph };
    }
    return fitted.graph;
  };

  /** The session for a size. Runs that began before it is closed come first, as a runtime works in the order of asking. */
  const open = (wanted: NetworkGraph): NonNullable<typeof opened> => {
    const load = async () => {
      sessions++;
      return { graph: wanted, network: await runtime.load(wanted) };
    };
    const before = opened;
    opened = before
      ? before.then(async held => {
          if (held.graph === wanted) return held;
          await held.network.close();
          return load();
        })
      : load();
    return opened;
  };

  return {
    graph,
    usage: () => ({ sessions, runs }),
    async run(feeds, fetch, signal, given) {
      runs++;
      const { network } = await open(fit(sizesOf(graph, feeds)));
      return network.run(feeds, fetch, signal, given);
    },
    async release() {
      const before = opened;
      opened = undefined; // at once: a run that is asked from here on has a session of its own
      await (await before)?.network.close();
    },
  };
};
