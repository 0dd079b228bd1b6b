// The door to onnxruntime: networks are loaded on a device in a thread of their own and run one at a time.
import './no-telemetry.ts';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { RerenderError } from '../../config/errors.ts';
import { userCache, workerEntry } from '../../config/paths.ts';
import { openPool } from '../../threads/pool.ts';
import { WorkerError } from '../../threads/worker-error.ts';
import { type ConvolutionRule, direct, fewestProducts } from '../onnx/convolution/form.ts';
import type { NetworkGraph, Port } from '../onnx/network-graph.ts';
import { REST_FROM } from '../onnx/resting.ts';
import type { Tensor } from '../tensor.ts';
import { attentionOn } from './attention.ts';
import type { Feeds, InferenceCalls } from './calls.ts';
import { type DerivedShelf, derivedFolder, placeDerived } from './derived-weights.ts';
import { chooseDevice, type DeviceName, type Refusal } from './devices.ts';
import { withInstallHint } from './install-hint.ts';

/** The inference thread could not do what it was asked, or is gone. */
export class RuntimeError extends RerenderError {
  constructor(message: string, options?: ErrorOptions) {
    super('RUNTIME', 'failure', message, options);
  }
}

/** What the networks run on. */
export type RuntimeOptions = {
  /**
   * What the networks run on, default `auto`: CUDA, DirectML (Windows), CoreML (macOS), WebGPU, whichever works first,
   * else the CPU. A device given by name is used or refused with an error.
   */
  readonly device?: DeviceName;
  /** Threads within an operator on the CPU, default: as many as the process may use. */
  readonly threads?: number;
  /** The form that 3x3 convolutions of settled sizes take on the CPU, by their shape; default `fewestProducts` (docs/performance.md). */
  readonly convolution?: ConvolutionRule;
  /**
   * Where the weights of such forms are kept, and in how many bytes: each is computed once, for all sessions and runs. Default 12 GB in the
   * user's cache folder; `false` computes them in memory whenever a session opens, which takes longer and three times as much memory.
   */
  readonly derived?: DerivedShelf | false;
  /** Folder for maps of large pictures that find no room in memory, while they are drawn; default `scratch` in the user's cache folder. */
  readonly scratch?: string;
};

const DERIVED_LIMIT = 12e9; // bytes: three models of SD 1.5's size

/** A network in a session of onnxruntime. */
export type Network = {
  readonly name: string;
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  /**
   * Computes the outputs named in `fetch`. Feeds are copied and stay the caller's, but for those named in `given`, whose numbers move to
   * the thread and are gone; results belong to the caller. `signal` is seen before the run begins. Throws RuntimeError.
   */
  readonly run: (
    feeds: Feeds,
    fetch: readonly string[],
    signal?: AbortSignal,
    given?: readonly string[],
  ) => Promise<Record<string, Tensor>>;
  /** Frees the session. Further runs are refused. */
  readonly close: () => Promise<void>;
};

/** An inference thread on one device. Models that share it run their networks one at a time. */
export type Runtime = {
  /** `cpu`, `cuda`, `cuda:1`, `webgpu`, `dml` or `coreml`. */
  readonly device: string;
  /** Devices that `auto` tried before, and why each was not taken. */
  readonly refused: readonly Refusal[];
  /** Folder for what finds no room in memory while a picture is drawn. */
  readonly scratch: string;
  /** The form that convolutions of settled sizes take on the device: on GPUs their own libraries know better. */
  readonly convolution: ConvolutionRule;
  /** Opens a session on the device; with `exact` in float32 for certain, which is on the CPU. */
  readonly load: (graph: NetworkGraph, options?: { readonly exact?: boolean }) => Promise<Network>;
  /** Waits for the run in progress, refuses those behind it, and ends the thread with all its sessions. */
  readonly close: () => Promise<void>;
};

const describe = (feeds: Feeds): string =>
  Object.entries(feeds)
    .map(([name, { dims }]) => `${name} [${dims.join(', ')}]`)
    .join(', ');

/**
 * Starts the inference thread on a device. By default the first that works of CUDA, DirectML, CoreML and WebGPU, else the CPU.
 * @throws DeviceError when a device that was named cannot be had
 */
export const openRuntime = async ({
  device: wanted = 'auto',
  threads = availableParallelism(),
  convolution = fewestProducts,
  derived = { folder: derivedFolder(), limit: DERIVED_LIMIT },
  scratch = join(userCache(), 'scratch'),
}: RuntimeOptions = {}): Promise<Runtime> => {
  const { device, settings, refused } = await chooseDevice(wanted);
  const thread = openPool<InferenceCalls>(workerEntry(import.meta.url, 'worker'), {
    name: 'inference',
    stateful: true, // its sessions are gone when it dies
    workerData: { ...settings, threads },
  });
  const attempt = async <T>(what: string, work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (cause) {
      if (!(cause instanceof WorkerError)) throw cause;
      throw new RuntimeError(`${what} on ${device}: ${withInstallHint(cause.reason)}`, { cause });
    }
  };
  const compute = async ({ name, bytes, folder }: NetworkGraph): Promise<Float32Array> =>
    (await attempt(`${name} cannot be computed`, thread.run('compute', { bytes, folder }))).data;
  let count = 0;

  return {
    device,
    refused,
    scratch,
    convolution: device === 'cpu' ? convolution : direct,
    async load(graph, { exact = false } = {}) {
      const place = exact ? 'cpu' : device;
      const attention = attentionOn(place);
      const places = derived && graph.derived?.length ? await placeDerived(graph.derived, derived, compute) : undefined;
      const adapted = graph.adapt?.({ attention, ...(place === 'cpu' && { restFrom: REST_FROM }), ...(places && { derived: places }) });
      const { name, bytes, folder, inputs, outputs, sized = false } = adapted ?? graph;
      const session = count++;
      const large = sized || (graph.derived?.length ?? 0) > 0;
      await attempt(`${name} cannot be loaded`, thread.run('load', { session, bytes, folder, exact, mapped: sized, large }));
      return {
        name,
        inputs,
        outputs,
        run(feeds, fetch, signal, given = []) {
          const moving = Object.fromEntries(
            Object.entries(feeds).map(([port, { dims, data }]) => [port, { dims, data: given.includes(port) ? data : data.slice() }]),
          );
          const transfer = [...new Set(Object.values(moving).map(({ data }) => data.buffer as ArrayBuffer))];
          const work = thread.run('run', { session, feeds: moving as Feeds, fetch }, { transfer, signal });
          return attempt(`${name} cannot run (fed ${describe(feeds)})`, work);
        },
        close: () => attempt(`${name} cannot be closed`, thread.run('unload', { session })),
      };
    },
    close: () => thread.close(),
  };
};
