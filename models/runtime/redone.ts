// A network whose numbers overflow on a device is run again in float32.
//
// SDXL's autoencoder is one that does: its activations pass 65504, the largest number in half precision, in which CoreML computes whatever
// a graph says; that run is done again on the CPU. Infinite numbers become NaN at the next norm. A run is judged by itself, so that the
// same latents give the same bytes whatever was drawn before. Networks that denoise, where their graph is in half precision, overflow in
// most steps if in one: they are run again in float32 on the same device, and stay there.
import type { NetworkGraph } from '../onnx/network-graph.ts';
import type { Feeds } from './calls.ts';
import { forAnyPicture } from './large-pictures.ts';
import { type LazyNetwork, lazyNetwork, type Usage } from './lazy-network.ts';
import type { Runtime } from './runtime.ts';

type Counted = ReturnType<typeof lazyNetwork>;
type Outputs = Awaited<ReturnType<LazyNetwork['run']>>;

/** A loop, as this looks at every number of every step: `every` with a function takes twenty times as long. */
const finite = (data: Float32Array): boolean => {
  for (let i = 0; i < data.length; i++) if (!Number.isFinite(data[i])) return false;
  return true;
};

/** Whether every number is finite: one look at each. */
const allFinite = (tensors: Feeds | Outputs): boolean =>
  Object.values(tensors).every(({ data }) => !(data instanceof Float32Array) || finite(data));

/** Whether a run answers with NaN or infinity though it was fed with neither. */
const overflowed = (feeds: Feeds, outputs: Outputs): boolean => !allFinite(outputs) && allFinite(feeds);

const sumOf = (one: Usage, two: Usage): Usage => ({ sessions: one.sessions + two.sessions, runs: one.runs + two.runs });

/** What two ways to run one network have in common with one. */
const either = (first: Counted, second: Counted): Omit<Counted, 'run'> => ({
  graph: first.graph,
  async release() {
    await Promise.all([first.release(), second.release()]);
  },
  usage: () => sumOf(first.usage(), second.usage()),
});

/**
 * `first`, but for runs whose inputs are finite and whose outputs are not: these are run by `second`, whose session opens with the first of
 * them. Outputs that are not finite there either are returned as they are.
 * @param tell hears of the first run that is redone and comes out finite
 */
export const redoneBy = (first: Counted, second: Counted, tell: () => void): Counted => {
  let told = false;
  return {
    ...either(first, second),
    async run(feeds, fetch, signal) {
      const outputs = await first.run(feeds, fetch, signal);
      if (!overflowed(feeds, outputs)) return outputs;
      const again = await second.run(feeds, fetch, signal);
      if (!told && allFinite(again)) {
        told = true;
        tell();
      }
      return again;
    },
  };
};

/**
 * `first` up to its first run whose inputs are finite and whose outputs are not; that one and all later ones by `second`, if it comes out
 * finite there.
 * @param tell hears of it, once
 */
export const replacedBy = (first: Counted, second: Counted, tell: () => void): Counted => {
  let left = false;
  return {
    ...either(first, second),
    async run(feeds, fetch, signal, given) {
      if (left) return second.run(feeds, fetch, signal, given);
      const outputs = await first.run(feeds, fetch, signal); // nothing given away: it may be needed again
      if (!overflowed(feeds, outputs)) return outputs;
      await first.release(); // there may not be room for both
      const again = await second.run(feeds, fetch, signal);
      if (!allFinite(again)) await second.release();
      else if (!left) {
        left = true;
        tell();
      }
      return again;
    },
  };
};

/** A network whose graph may be in half precision, and then goes over to float32 with the first answer that is NaN or infinity. */
export const singleOnceNeeded = (runtime: Runtime, graph: NetworkGraph, tell: () => void): Counted => {
  const network = lazyNetwork(runtime, graph);
  return graph.half ? replacedBy(network, lazyNetwork(runtime, graph.adapt!({ half: false })), tell) : network;
};

/** An autoencoder's half, run again in float32 on the CPU where a device answers with NaN or infinity; on the CPU there is no second. */
export const redoneInFloat32 = (runtime: Runtime, graph: NetworkGraph, tell: () => void): Counted => {
  if (runtime.device === 'cpu') return forAnyPicture(runtime, graph);
  const exact: Runtime = { ...runtime, load: each => runtime.load(each, { exact: true }) };
  return redoneBy(lazyNetwork(runtime, graph), forAnyPicture(exact, graph), tell);
};
