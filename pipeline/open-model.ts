// Opens the device and the model that a run's options name, with its adapters, and reads the run's prompts with it.
import { UsageError } from '../config/errors.ts';
import type { Options } from '../config/options.ts';
import type { Conditioning } from '../models/conditioning.ts';
import type { FreeUUse } from '../models/denoise/guided-denoiser.ts';
import { type DiffusionModel, openDiffusionModel } from '../models/diffusion-model.ts';
import { snapshotAt } from '../models/hub/snapshot.ts';
import { openRuntime, type Runtime } from '../models/runtime/runtime.ts';
import { adaptersOf, tellAdapters } from './adapters.ts';
import type { Listener } from './events.ts';
import { promptWarnings } from './prompt-syntax.ts';

export type OpenedModel = {
  readonly model: DiffusionModel;
  readonly runtime: Runtime;
  /** `cpu`, `cuda`, `webgpu` ... */
  readonly device: string;
  /** The device, and why those before it were refused. */
  readonly deviceText: string;
  /** The conditioning of [negative prompt, prompt], encoded once. */
  prompts(signal: AbortSignal): Promise<Conditioning>;
  close(): Promise<void>;
};

export type OpenModelOptions = {
  readonly options: Options & { readonly style: string };
  readonly model: string;
  /** Folders of ControlNets. */
  readonly controls: readonly string[];
  readonly emit: Listener;
  /** Whether the U-Net tells what FreeU sees and makes. */
  readonly probes?: boolean;
};

/** diffusers' names of what the option names. */
const PREDICTIONS = { auto: undefined, epsilon: 'epsilon', v: 'v_prediction', sample: 'sample' } as const;

/** Which files make up the model, and what they do not say. */
const modelFiles = async ({ vae, variant, modelConfig, prediction }: Options) => ({
  vae: vae && (await snapshotAt(vae)),
  variant,
  configs: modelConfig && (await snapshotAt(modelConfig)),
  prediction: PREDICTIONS[prediction ?? 'auto'],
});

/** FreeU as the options ask for it. */
export const freeuOf = ({ freeu, freeuVersion, freeuStart, freeuEnd }: Options): FreeUUse | undefined =>
  freeu === 'off' ? undefined : { ...freeu, version: freeuVersion === '1' ? 1 : 2, start: freeuStart, end: freeuEnd };

/**
 * Opens model and device. No weights are read before something is drawn.
 * @throws when the model or the device cannot be had, each naming what and where; UsageError for a size that the model cannot draw
 */
export const openModel = async ({ options, model: folder, controls, emit, probes = false }: OpenModelOptions): Promise<OpenedModel> => {
  const { style, negativePrompt } = options;
  const adapters = await adaptersOf(options);
  const runtime = await openRuntime({
    device: options.device,
    ...(options.threads !== undefined && { threads: options.threads }),
  });
  let model: DiffusionModel;
  try {
    model = await openDiffusionModel(folder, {
      runtime,
      controls,
      unet: {
        freeu: options.freeu === 'off' ? 'off' : options.freeuStages,
        freeuOrder: options.freeuOrder,
        probes,
      },
      ...adapters,
      ...(await modelFiles(options)),
    });
    tellAdapters(model.info, [style, negativePrompt], emit);
    for (const message of promptWarnings({ prompt: style, 'negative prompt': negativePrompt }, model.info.newTokens))
      emit({ type: 'warning', message });
    model.steps(options.steps, options.sampler); // refuses a sampler that the model's schedule cannot serve
    if (options.sizeMultiple % model.info.factor !== 0) {
      throw new UsageError(`--size-multiple must be a multiple of ${model.info.factor} for this model; got ${options.sizeMultiple}.`);
    }
  } catch (error) {
    await runtime.close();
    throw error;
  }
  let prompts: Promise<Conditioning> | undefined;
  const encode = async (signal: AbortSignal): Promise<Conditioning> => {
    const { conditioning, cut } = await model.encodeText([negativePrompt, style], signal);
    for (const end of cut.filter(c => c !== ''))
      emit({ type: 'warning', message: `the prompt is longer than the model reads; left out: "${end}"` });
    await model.release('text');
    return conditioning;
  };
  return {
    model,
    runtime,
    device: runtime.device,
    deviceText: [runtime.device, ...runtime.refused.map(({ device, reason }) => `${device} refused: ${reason}`)].join('; '),
    prompts: signal => (prompts ??= encode(signal)),
    close: () => runtime.close(),
  };
};
