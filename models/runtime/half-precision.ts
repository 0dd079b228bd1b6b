// Whether a device computes in half precision: a GPU whose driver has 16-bit numbers in its programs (WebGPU: shader-f16).
import { buildNetwork } from '../onnx/build.ts';
import { halved } from '../onnx/half/numbers.ts';
import type { NetworkGraph } from '../onnx/network-graph.ts';
import { floats, tensor } from '../tensor.ts';
import type { WeightSource } from '../weights/weight-source.ts';
import type { Feeds } from './calls.ts';
import { DeviceError } from './devices.ts';
import { type Runtime, RuntimeError } from './runtime.ts';

const SIZE = 8;

const NO_WEIGHTS: WeightSource = { label: 'no weights', find: () => undefined, names: () => [] };

/** y = x x in half precision, x [8, 8]. */
export const halfProbe = (): NetworkGraph =>
  buildNetwork('probe of half precision', NO_WEIGHTS, g => {
    const x = halved(g.input('x', [SIZE, SIZE]));
    g.output('y', x.matmul(x));
  });

const at = (cell: number): number => Math.floor(cell / SIZE) + (cell % SIZE); // row + column

/** What the probe multiplies: whole numbers whose sums stay below 2048, so that half precision has them exactly. */
export const halfFeeds = (): Feeds => ({
  x: tensor([SIZE, SIZE], floats(SIZE * SIZE, at)),
});

/** Whether the probe's answer is right. */
export const isHalfRight = (y: Float32Array): boolean =>
  y.every((value, cell) => {
    const [row, column] = [Math.floor(cell / SIZE), cell % SIZE];
    const sum = Array.from({ length: SIZE }, (_, k) => (row + k) * (k + column)).reduce((a, b) => a + b);
    return Math.abs(value - sum) < 0.5;
  });

/**
 * Checks that a device has what `half` takes.
 * @throws DeviceError that says why not, and what to do
 */
export const checkHalfPrecision = async (runtime: Runtime): Promise<void> => {
  const { device } = runtime;
  const refuse = (why: string, cause?: unknown): never => {
    throw new DeviceError(`--precision fast takes half precision on ${device}, ${why}: draw with --precision exact`, { cause });
  };
  if (device === 'cpu') refuse('which is of GPUs');
  const network = await runtime.load(halfProbe()).catch(cause => refuse('which its driver does not have', cause));
  try {
    const { y } = await network.run(halfFeeds(), ['y']);
    if (!isHalfRight(y!.data)) refuse('where its driver computes wrong numbers');
  } catch (cause) {
    if (cause instanceof RuntimeError) refuse('which its driver does not have', cause);
    throw cause;
  } finally {
    await network.close();
  }
};
