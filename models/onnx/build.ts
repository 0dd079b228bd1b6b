// From a description of a network to its graph, which can be built again for another device or size.
import type { WeightSource } from '../weights/weight-source.ts';
import { Graph } from './graph.ts';
import type { BuildOptions, NetworkGraph } from './network-graph.ts';
import { cutNetwork } from './pieces/cut.ts';

/**
 * The version of how networks are computed. Raised where results change in their last bits: finished pictures are found by it, and parts of
 * two versions never meet in one result.
 */
export const ARITHMETIC = 4;

/** Runs `describe` on an empty graph and finishes it. Throws a WeightError that lists the weights that do not fit. */
export const buildNetwork = (
  name: string,
  weights: WeightSource,
  describe: (g: Graph) => void,
  options: BuildOptions = {},
): NetworkGraph => {
  const g = new Graph(name, weights, options);
  describe(g);
  const adapt: NetworkGraph['adapt'] = more => buildNetwork(name, weights, describe, { ...options, ...more });
  const cut: NetworkGraph['cut'] = more => cutNetwork(name, weights, describe, { ...options, ...more });
  return Object.assign(g.finish(), { adapt, cut }); // not a copy: the graph's bytes are written when they are read
};
