// Measures the embedded model and propagation: counted work of two key frames, and ratios of times in one run.
import { embeddedModel } from '../../config/paths.ts';
import { openDiffusionModel } from '../../models/diffusion-model.ts';
import { gaussian } from '../../models/math/random.ts';
import { buildNetwork } from '../../models/onnx/build.ts';
import { matmul } from '../../models/onnx/ops/contract.ts';
import { openRuntime, type Runtime } from '../../models/runtime/runtime.ts';
import type { tensor } from '../../models/tensor.ts';
import { benchPropagation } from '../../pipeline/bench/propagation.ts';
import type { Measurement } from './compare.ts';
import { type Asked, countedRuntime } from './counted-runtime.ts';

const SIDE = 512; // of the pictures, pixels
const PROBE = 1024; // side of the product whose time is the unit

/** Seconds of a product of two square matrices on the runtime: what the machine can do now. */
const probe = async (runtime: Runtime): Promise<number> => {
  const none = { label: 'none', find: () => undefined, names: () => [] };
  const network = await runtime.load(
    buildNetwork('probe', none, g => {
      const [a, b] = [g.input('a', [PROBE, PROBE]), g.input('b', [PROBE, PROBE])];
      g.output('c', matmul(a, b).slice(0, 0, 1));
    }),
  );
  const feeds = { a: gaussian({ seed: 1, purpose: 'a' }, [PROBE, PROBE]), b: gaussian({ seed: 1, purpose: 'b' }, [PROBE, PROBE]) };
  let least = Number.POSITIVE_INFINITY;
  for (let n = 0; n < 5; n++) {
    const begin = performance.now();
    await network.run(feeds, ['c']);
    least = Math.min(least, (performance.now() - begin) / 1000);
  }
  await network.close();
  return least;
};

/** An anchor and a key frame that attends to it, without the pipeline: what a drawing asks of its networks. */
const draw = async (runtime: Runtime): Promise<number> => {
  const model = await openDiffusionModel(embeddedModel, { runtime });
  const image = gaussian({ seed: 1, purpose: 'picture' }, [1, 3, SIDE, SIDE]);
  const { conditioning } = await model.encodeText(['', 'a watercolor painting']);
  const latent = await model.encodeImage(image);
  const noise = gaussian({ seed: 1, purpose: 'start' }, latent.dims);
  const layers = model.info.attention.flatMap(({ widest }, j) => (widest ? [] : [j]));
  const banks = new Map<number, readonly (ReturnType<typeof tensor> | undefined)[]>();
  const begin = performance.now();
  const request = { conditioning, latent, noise, steps: 8, first: 2, guidance: 1.5, controls: [{ image }] };
  await model.denoise({
    ...request,
    attention: { record: ({ index }, states) => void banks.set(index, states), recorded: () => layers },
  });
  await model.denoise({ ...request, attention: { bank: ({ index }) => ({ states: banks.get(index)!, ownTokens: 0 }) } });
  const seconds = (performance.now() - begin) / 1000;
  await model.decodeLatent(latent);
  await model.release();
  return seconds;
};

const perRun = ({ seconds, runs }: Asked): number => seconds / runs;

/** @param clip whose own frames serve as key frames for propagation */
export const measure = async (clip: string, signal: AbortSignal, onStep: (what: string) => void): Promise<Measurement> => {
  const runtime = countedRuntime(await openRuntime({ device: 'cpu' }));
  try {
    onStep('two key frames');
    const [unit, drawing] = [await probe(runtime), await draw(runtime)];
    const { probe: _, ...asked } = runtime.asked;
    const { unet2d, controlnet, 'autoencoder-dc-decoder': decoder } = asked as Record<string, Asked>;
    const inNetworks = [unet2d!, controlnet!, asked['controlnet-hint']!].reduce((sum, { seconds }) => sum + seconds, 0);
    onStep('propagation');
    const { seconds: frame } = await benchPropagation({ input: clip, options: { size: 256 }, interval: 10, intervals: 2, signal, onStep });
    const counted = Object.entries(asked).flatMap(([name, { seconds, ...counts }]) =>
      Object.entries(counts).map(([what, count]): [string, number] => [`${name}: ${what}`, count]),
    );
    return {
      counted: Object.fromEntries(counted),
      ratios: {
        'a U-Net run / a product': perRun(unet2d!) / unit,
        'a ControlNet run / a product': perRun(controlnet!) / unit,
        'decoding a picture / a product': perRun(decoder!) / unit,
        'a step without its networks / a step': 1 - inNetworks / drawing,
        'processor time of a propagated frame / a product': frame.cpu / unit,
      },
    };
  } finally {
    await runtime.close();
  }
};
