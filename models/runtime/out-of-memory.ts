// What to do where a device has no memory left: everything else that is open is closed, and the call is tried once more; then an error with
// the sizes. The thread that owns the sessions does the first part (`worker.ts`), as it still has what the call was fed.
import { totalmem } from 'node:os';
import { RerenderError } from '../../config/errors.ts';
import type { Sizes } from '../onnx/dims.ts';
import type { NetworkGraph } from '../onnx/network-graph.ts';
import { heldBytes, numbersIn } from '../onnx/resting.ts';
import { listAdapters } from './adapters.ts';
import type { Feeds } from './calls.ts';
import { askedFor, OUT_OF_MEMORY } from './memory-signs.ts';
import { parseDevice } from './try-device.ts';

/** A network that does not fit into a device's memory, also alone. */
export class OutOfMemoryError extends RerenderError {
  constructor(message: string, options?: ErrorOptions) {
    super(OUT_OF_MEMORY, 'failure', message, options);
  }
}

const text = (bytes: number): string => (bytes < 1e9 ? `${Math.ceil(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`);

/** Bytes of a device's memory, where the system says them. */
const memoryOf = async (device: string): Promise<number | undefined> => {
  if (device === 'cpu') return totalmem();
  const { provider, deviceId } = parseDevice(device);
  const { nvidia, others } = await listAdapters();
  return provider === 'cuda' ? nvidia[deviceId]?.memory : [...nvidia, ...others][0]?.memory;
};

/** Sizes that feeds give to a graph's free dims. */
const sizesOf = ({ inputs }: Pick<NetworkGraph, 'inputs'>, feeds: Feeds): Sizes =>
  Object.fromEntries(inputs.flatMap(({ name, dims }) => dims.map((dim, axis) => [dim, feeds[name]?.dims[axis] ?? 0] as const)));

/** Bytes that a session holds of the weights: half precision takes 2 a number, and the CPU has rules of its own. */
const weightsOf = ({ weights, derived, half }: NetworkGraph, device: string): number =>
  half ? 2 * numbersIn(weights) : device === 'cpu' ? heldBytes(weights, derived) : 4 * numbersIn(weights);

/**
 * The error of a network that does not fit.
 * @param what the sentence's beginning: `unet2d cannot run on webgpu (fed ...)`
 * @param reason the provider's message
 */
export const outOfMemory = async (
  what: string,
  { graph, feeds, device, reason }: { graph: NetworkGraph; feeds: Feeds | undefined; device: string; reason: string },
): Promise<OutOfMemoryError> => {
  const [asked, most, memory] = [askedFor(reason), feeds && graph.largest?.(sizesOf(graph, feeds)), await memoryOf(device)];
  const sizes = [
    ...(asked === undefined ? [] : [`${text(asked)} were asked for at once`]),
    `its weights take ${text(weightsOf(graph, device))}`,
    ...(most ? [`the largest of what it computes takes ${text(most.bytes)} (${most.name})`] : []),
    ...(memory === undefined ? [] : [`the device has ${text(memory)}`]),
  ];
  const precision = device === 'cpu' || graph.half ? [] : ['--precision fast'];
  const other = device === 'cpu' ? [] : ['--device cpu'];
  const advice = [
    'a smaller --size',
    ...precision,
    '--token-downsampling 2',
    ...other,
    'or for other frames in attention --cross-period off',
  ];
  const message = `${what}: memory ran out, also with nothing else open; ${sizes.join(', ')}: give ${advice.join(', ')}`;
  return new OutOfMemoryError(message, { cause: reason });
};

/** What a user hears of a second try that went well. */
export const closedOthersText = (name: string, device: string): string =>
  `memory ran out on ${device}: all other networks were closed, and ${name} ran alone; they open again when they are needed, which takes ` +
  'time at each change: a smaller --size or fewer ControlNets spare it';
