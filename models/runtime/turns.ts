// Large networks that are never needed together take turns.
import type { LazyNetwork } from './lazy-network.ts';

/**
 * A network whose runs first free others, which their own next runs open again. Where weights are mapped files, opening takes little beside
 * what such a network computes.
 */
export const insteadOf = <N extends LazyNetwork>(others: readonly LazyNetwork[], network: N): N => ({
  ...network,
  run: async (feeds, fetch, signal) => {
    await Promise.all(others.map(other => other.release()));
    return network.run(feeds, fetch, signal);
  },
});
