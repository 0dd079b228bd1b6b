// A process of its own that tries a provider on a tiny graph: a driver that crashes or hangs takes only this process down.
import { argv, exit } from 'node:process';
import type { Provider } from './calls.ts';
import { halfFeeds, halfProbe, isHalfRight } from './half-precision.ts';
import { probeGraph } from './probe-graph.ts';
import { isWhole, saturationFeeds, saturationProbe } from './whole-numbers.ts';

/** What the probe reports to its parent; with neither message nor wrong numbers the provider works. */
export type ProbeReport = {
  /** Of onnxruntime, where it refuses. */
  readonly message?: string;
  /** How far the worst number is off. */
  readonly wrong?: number;
  /** Whether it has what `--precision fast` takes: whole numbers of 8 bits on the CPU, half precision on the others. */
  readonly fast?: boolean;
};

const tryProvider = async (provider: Provider, deviceId: number): Promise<ProbeReport> => {
  try {
    const { isBuilt, openSession, runSession } = await import('./session.ts'); // where onnxruntime is not whole, that is the reason
    if (!isBuilt(provider)) return { message: `${provider}: backend not found` };
    const settings = { provider, deviceId, threads: 1 };
    const { bytes, folder, feeds, expected } = probeGraph();
    const { y } = await runSession(await openSession({ bytes, folder }, settings), feeds, ['y']);
    const wrong = Math.max(...expected.map((value, i) => Math.abs(value - (y?.data[i] ?? Number.NaN))));
    if (!(wrong < 1e-3)) return { wrong };
    const [trial, given, isRight] =
      provider === 'cpu' ? ([saturationProbe(), saturationFeeds(), isWhole] as const) : ([halfProbe(), halfFeeds(), isHalfRight] as const);
    const tried = async () => isRight((await runSession(await openSession(trial, settings), given, ['y'])).y!.data);
    return { fast: await tried().catch(() => false) };
  } catch (cause) {
    return { message: cause instanceof Error ? cause.message : String(cause) };
  }
};

const [, , provider, deviceId] = argv;
process.once('disconnect', () => exit(0)); // the parent lets go when it has heard: leaving first could overtake the report
process.send?.(await tryProvider(provider as Provider, Number(deviceId)));
