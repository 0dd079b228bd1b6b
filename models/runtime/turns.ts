// Large networks that are never needed together take turns.
import { numbersIn } from '../onnx/resting.ts';
import type { TensorInfo } from '../weights/weight-source.ts';
import type { LazyNetwork } from './lazy-network.ts';

const TURNS_FROM = 5e8; // numbers: Stable Diffusion's U-Nets have more, the embedded model's 12 million

/** Whether a U-Net of these weights, on the CPU, is worth closing while the autoencoder is open. */
export const takesTurns = (unet: readonly TensorInfo[]): boolean => numbersIn(unet) >= TURNS_FROM;

/** A network whose session is freed after each run: one that runs once for all steps, beside networks that run in each. */
export const afterEach = <N extends LazyNetwork>(network: N): N => ({
  ...network,
  run: async (feeds, fetch, signal, given) => {
    const outputs = await network.run(feeds, fetch, signal, given);
    await network.release();
    return outputs;
  },
});

/**
 * A network whose runs first free others, which their own next runs open again. Where weights are mapped files, opening takes little beside
 * what such a network computes.
 */
export const insteadOf = <N extends LazyNetwork>(others: readonly LazyNetwork[], network: N): N => ({
  ...network,
  run: async (feeds, fetch, signal, given) => {
    await Promise.all(others.map(other => other.release()));
    return network.run(feeds, fetch, signal, given);
  },
});
