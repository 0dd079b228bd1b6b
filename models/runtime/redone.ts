// A network whose numbers overflow on a device is run again in float32 on the CPU.
//
// SDXL's autoencoder is the one that does: its activations pass 65504, the largest number in half precision, in which CoreML computes
// whatever a graph says. Infinite numbers become NaN at the next norm. A run is judged by itself, so that the same latents give the same
// bytes whatever was drawn before.
import type { NetworkGraph } from '../onnx/network-graph.ts';
import type { Feeds } from './calls.ts';
import { forAnyPicture } from './large-pictures.ts';
import { type LazyNetwork, lazyNetwork } from './lazy-network.ts';
import type { Runtime } from './runtime.ts';

type Counted = ReturnType<typeof lazyNetwork>;
type Outputs = Awaited<ReturnType<LazyNetwork['run']>>;

/** Whether every number is finite: one look at each. */
const allFinite = (tensors: Feeds | Outputs): boolean =>
  Object.values(tensors).every(({ data }) => !(data instanceof Float32Array) || data.every(Number.isFinite));

/**
 * `first`, but for runs whose inputs are finite and whose outputs are not: these are run by `second`, whose session opens with the first of
 * them. Outputs that are not finite there either are returned as they are.
 * @param tell hears of the first run that is redone and comes out finite
 */
export const redoneBy = (first: Counted, second: Counted, tell: () => void): Counted => {
  let told = false;
  return {
    graph: first.graph,
    async run(feeds, fetch, signal) {
      const outputs = await first.run(feeds, fetch, signal);
      if (allFinite(outputs) || !allFinite(feeds)) return outputs;
      const again = await second.run(feeds, fetch, signal);
      if (!told && allFinite(again)) {
        told = true;
        tell();
      }
      return again;
    },
    async release() {
      await Promise.all([first.release(), second.release()]);
    },
    usage() {
      const [one, two] = [first.usage(), second.usage()];
      return { sessions: one.sessions + two.sessions, runs: one.runs + two.runs };
    },
  };
};

/** An autoencoder's half, run again in float32 on the CPU where a device answers with NaN or infinity; on the CPU there is no second. */
export const redoneInFloat32 = (runtime: Runtime, graph: NetworkGraph, tell: () => void): Counted => {
  if (runtime.device === 'cpu') return forAnyPicture(runtime, graph);
  const exact: Runtime = { ...runtime, load: each => runtime.load(each, { exact: true }) };
  return redoneBy(lazyNetwork(runtime, graph), forAnyPicture(exact, graph), tell);
};
