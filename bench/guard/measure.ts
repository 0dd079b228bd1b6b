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
import { type Asked, countedRuntime, ofProcessors } from './counted-runtime.ts';

const SIDE = 512; // of the pictures, pixels
const PROBE = 2048; // side of the product whose time is the unit: about that of a U-Net run, so that other work disturbs both alike
const PROBES = 5; // products in a row, of which the quickest counts

/** Seconds of the processors for a product of two square matrices on the runtime: what the machine can do now. */
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
  for (let n = 0; n < PROBES; n++) {
    const worked = ofProcessors();
    await network.run(feeds, ['c']);
    least = Math.min(least, ofProcessors() - worked);
  }
  await network.close();
  return least;
};

/** Seconds that the networks of a step have taken so far. */
const inNetworks = (asked: Readonly<Record<string, Asked>>): number =>
  ['unet2d', 'controlnet', 'controlnet-hint'].reduce((sum, name) => sum + (asked[name]?.seconds ?? 0), 0);

type Drawn = {
  /** The share of the second key frame's time that its networks leave. */
  readonly beside: number;
  /** Floating-point operations of a U-Net call for the guidance pair, without the states of other frames. */
  readonly work: number;
};

/** An anchor and a key frame that attends to it, without the pipeline: what a drawing asks of its networks. */
const draw = async (runtime: ReturnType<typeof countedRuntime>): Promise<Drawn> => {
  const model = await openDiffusionModel(embeddedModel, { runtime });
  const image = gaussian({ seed: 1, purpose: 'picture' }, [1, 3, SIDE, SIDE]);
  const { conditioning } = await model.encodeText(['', 'a watercolor painting']);
  const latent = await model.encodeImage(image);
  const noise = gaussian({ seed: 1, purpose: 'start' }, latent.dims);
  const layers = model.info.attention.flatMap(({ widest }, j) => (widest ? [] : [j]));
  const banks = new Map<number, readonly (ReturnType<typeof tensor> | undefined)[]>();
  const request = { conditioning, latent, noise, steps: 8, first: 2, guidance: 1.5, controls: [{ image }] };
  await model.denoise({
    ...request,
    attention: { record: ({ index }, states) => void banks.set(index, states), recorded: () => layers },
  });
  const [begin, before] = [performance.now(), inNetworks(runtime.asked)]; // all sessions are open
  await model.denoise({ ...request, attention: { bank: ({ index }) => ({ states: banks.get(index)!, ownTokens: 0 }) } });
  const seconds = (performance.now() - begin) / 1000;
  const beside = 1 - (inNetworks(runtime.asked) - before) / seconds;
  const [, , height, width] = latent.dims as [number, number, number, number];
  for (let n = 0; n < 3; n++) await model.decodeLatent(latent);
  await model.release();
  return { beside, work: model.callWork({ height, width }, 2)!.unet };
};

/** @param clip whose own frames serve as key frames for propagation */
export const measure = async (clip: string, signal: AbortSignal, onStep: (what: string) => void): Promise<Measurement> => {
  const runtime = countedRuntime(await openRuntime({ device: 'cpu' }));
  try {
    onStep('two key frames');
    const before = await probe(runtime);
    const { beside, work } = await draw(runtime);
    const unit = Math.min(before, await probe(runtime));
    const { probe: _, ...asked } = runtime.asked;
    const { unet2d, controlnet, 'autoencoder-dc-decoder': decoder } = asked as Record<string, Asked>;
    onStep('propagation');
    const { seconds: frame } = await benchPropagation({ input: clip, options: { size: 256 }, interval: 10, intervals: 2, signal, onStep });
    const counted = Object.entries(asked).flatMap(([name, { seconds, least, given, multiplications, ...counts }]) =>
      Object.entries({ ...counts, ...(multiplications > 0 && { multiplications }) }).map(([what, count]) => [`${name}: ${what}`, count]),
    );
    return {
      counted: { ...Object.fromEntries(counted), 'unet2d: operations of a call': work },
      ratios: {
        'a U-Net run / a product': unet2d!.least / unit,
        'a ControlNet run / a product': controlnet!.least / unit,
        'decoding a picture / a product': decoder!.least / unit,
        'a step without its networks / a step': beside,
        'processor time of a propagated frame / a product': frame.cpu / unit,
      },
    };
  } finally {
    await runtime.close();
  }
};
