// A process of its own that tries a provider on a tiny graph: a driver that crashes or hangs takes only this process down.
import { argv, exit } from 'node:process';
import type { Provider } from './calls.ts';
import { probeGraph } from './probe-graph.ts';

/** What the probe reports to its parent; undefined means that the provider works. */
export type ProbeReport = { readonly reason?: string };

const tryProvider = async (provider: Provider, deviceId: number): Promise<ProbeReport> => {
  try {
    const { isBuilt, openSession, runSession } = await import('./session.ts'); // where onnxruntime is not whole, that is the reason
    if (!isBuilt(provider)) return { reason: 'this build of onnxruntime-node does not have it' };
    const { bytes, folder, feeds, expected } = probeGraph();
    const session = await openSession({ bytes, folder }, { provider, deviceId, threads: 1 });
    const { y } = await runSession(session, feeds, ['y']);
    const worst = Math.max(...expected.map((value, i) => Math.abs(value - (y?.data[i] ?? Number.NaN))));
    return worst < 1e-3 ? {} : { reason: `it computes wrong numbers (off by ${worst})` };
  } catch (cause) {
    return { reason: cause instanceof Error ? cause.message : String(cause) };
  }
};

const [, , provider, deviceId] = argv;
process.once('disconnect', () => exit(0)); // the parent lets go when it has heard: leaving first could overtake the report
process.send?.(await tryProvider(provider as Provider, Number(deviceId)));
