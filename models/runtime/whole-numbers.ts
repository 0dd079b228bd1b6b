// Whether a CPU multiplies whole numbers of 8 bits rightly: without VNNI (x86) sums of two products are cut off at 16 bits, in silence.
import { buildNetwork } from '../onnx/build.ts';
import type { NetworkGraph } from '../onnx/network-graph.ts';
import { quantisedProduct } from '../onnx/quantised/products.ts';
import { asWholeNumbers } from '../onnx/quantised/weights.ts';
import { tensor } from '../tensor.ts';
import type { WeightSource } from '../weights/weight-source.ts';
import type { Feeds } from './calls.ts';
import { DeviceError } from './devices.ts';
import type { Runtime } from './runtime.ts';

const ROWS = 4;
const LENGTH = 64;
const OUT = 32;

const NO_WEIGHTS: WeightSource = { label: 'no weights', find: () => undefined, names: () => [] };

/** Ones times ones: 255 x 127 in each place, of which two are more than 16 bits hold; each sum is `LENGTH`. */
export const saturationProbe = (): NetworkGraph =>
  buildNetwork('probe of whole numbers', NO_WEIGHTS, g => {
    const ones = g.table('ones', new Float32Array(OUT * LENGTH).fill(1), [OUT, LENGTH]);
    g.output('y', quantisedProduct(g.input('x', [ROWS, LENGTH]), asWholeNumbers(ones), undefined));
  });

/** The ones that the probe multiplies. */
export const saturationFeeds = (): Feeds => ({ x: tensor([ROWS, LENGTH], new Float32Array(ROWS * LENGTH).fill(1)) });

/** Whether sums of the probe are whole: 64, not what 16 bits leave of it. */
export const isWhole = (sums: Float32Array): boolean => sums.every(sum => Math.abs(sum - LENGTH) < 0.5);

/**
 * Checks that a device has what `int8` takes.
 * @throws DeviceError that says why not, and what to do
 */
export const checkWholeNumbers = async (runtime: Runtime): Promise<void> => {
  const instead = 'draw with --precision exact';
  if (runtime.device !== 'cpu')
    throw new DeviceError(
      `--int8 takes whole numbers of 8 bits, which are of the CPU, and the device is ${runtime.device}: leave --int8 out, ` +
        'and take --precision fast, which is half precision there',
    );
  const network = await runtime.load(saturationProbe());
  try {
    const { y } = await network.run(saturationFeeds(), ['y']);
    if (isWhole(y!.data)) return;
  } finally {
    await network.close();
  }
  throw new DeviceError(
    `--precision fast: this CPU cuts off sums of 8-bit products (it has no VNNI), so pictures would be wrong: ${instead}`,
  );
};
