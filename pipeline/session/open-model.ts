// Opens the device and the model that a run's options name, with its adapters and ControlNets.
import { UsageError } from '../../config/errors.ts';
import type { Options } from '../../config/options.ts';
import { parseSizeIds } from '../../config/size-ids.ts';
import { openTemporaryFolder } from '../../media/temporary-folder.ts';
import { type DiffusionModel, openDiffusionModel } from '../../models/diffusion-model.ts';
import { openEdgeDetector } from '../../models/edge-detector.ts';
import { snapshotAt } from '../../models/hub/snapshot.ts';
import { derivedFolder } from '../../models/runtime/derived-weights.ts';
import { openRuntime, type Runtime } from '../../models/runtime/runtime.ts';
import { type ControlImageMaker, edgeImage, pictureImage, tileImage } from '../../stages/keyframes/control.ts';
import type { ControlImages } from '../steps/held.ts';
import { adaptersOf, tellAdapters } from './adapters.ts';
import type { OpenedControl } from './controls.ts';
import { tellDistilled } from './distilled.ts';
import { freeuFormsOf } from './freeu-forms.ts';
import { locate } from './locate-model.ts';
import { precisionOf } from './precision.ts';
import { promptWarnings } from './prompt-syntax.ts';
import { vocabularyOf, vocabularyWarning } from './vocabulary.ts';

export type OpenedModel = {
  readonly model: DiffusionModel;
  readonly runtime: Runtime;
  /** `cpu`, `cuda`, `webgpu` ... */
  readonly device: string;
  /** Devices that were tried before it, and why they were refused. */
  readonly refused: readonly { readonly device: string; readonly reason: string }[];
  readonly controls: readonly OpenedControl[];
  readonly images: ControlImages;
  close(): Promise<void>;
};

export type OpenModelOptions = {
  readonly options: Options & { readonly style: string };
  readonly model: string;
  readonly controls: readonly OpenedControl[];
  readonly warn: (message: string) => void;
  /** Whether the U-Net tells what FreeU sees and makes. */
  readonly probes?: boolean;
};

const GIGABYTE = 1e9;

/** diffusers' names of what the option names. */
const PREDICTIONS = { auto: undefined, epsilon: 'epsilon', v: 'v_prediction', sample: 'sample' } as const;

/** Which files make up the model, and what they do not say. */
const modelFiles = async ({ vae, variant, modelConfig, prediction, spacing, modelFolders }: Options) => ({
  vae: vae && (await locate(vae, 'autoencoder', modelFolders)),
  variant,
  configs: modelConfig && (await snapshotAt(modelConfig)),
  prediction: PREDICTIONS[prediction ?? 'auto'],
  spacing: spacing === 'auto' ? undefined : spacing,
});

/** Control images that no option makes. @throws WeightError for an annotator's file that is not one */
const controlImages = async (controls: readonly OpenedControl[], runtime: Runtime): Promise<ControlImages> => {
  const makers = await Promise.all(
    controls.map(async ({ pictures, annotator }): Promise<ControlImageMaker> => {
      if (pictures) return pictureImage(pictures.at);
      return annotator ? edgeImage(await openEdgeDetector(annotator.path, runtime)) : tileImage;
    }),
  );
  return { image: (control, frame, signal) => makers[control]!(frame, signal) };
};

/** Refuses what draws nothing by itself, and tells of options that the model does not read. */
const checkUse = ({ sdxl, refiner }: DiffusionModel['info'], folder: string, options: Options, warn: (message: string) => void): void => {
  if (refiner) {
    const what = 'is an SDXL refiner, which only finishes what SDXL begins';
    throw new UsageError(`the model ${folder} ${what}: give SDXL's base or a fine-tune of it as --model.`);
  }
  if (options.negativePrompt !== '' && options.cfgScale <= 1)
    warn(`the negative prompt acts through guidance, and --cfg-scale ${options.cfgScale} is none: give one of more than 1`);
  const { original, crop } = parseSizeIds(options);
  if (sdxl || !(original || crop)) return;
  const flags = [original && '--original-size', crop && '--crop-ids'].filter(Boolean).join(' and ');
  warn(`${flags} tell SDXL of sizes; the model ${folder} is none, and reads none`);
};

/** Tells what a user should know of a model and prompts that do not suit each other. */
const tellAll = async (info: DiffusionModel['info'], { options, model, warn }: OpenModelOptions): Promise<void> => {
  const { style, secondStyle = '', negativePrompt } = options;
  tellDistilled(info, options, warn);
  tellAdapters(info, [style, secondStyle, negativePrompt], warn);
  const vocabulary = await vocabularyOf(model);
  const unknown = vocabulary && info.newTokens.length === 0 ? vocabularyWarning(style, vocabulary, model) : undefined;
  if (unknown !== undefined) warn(unknown);
  const prompts = { prompt: style, 'second style': secondStyle, 'negative prompt': negativePrompt };
  for (const message of promptWarnings(prompts, info.newTokens)) warn(message);
};

/**
 * Opens model and device. No weights are read before something is drawn.
 * @throws when the model or the device cannot be had, each naming what and where; UsageError for a size that the model cannot draw
 */
export const openModel = async (asked: OpenModelOptions): Promise<OpenedModel> => {
  const { options, model: folder, controls, warn, probes = false } = asked;
  const adapters = await adaptersOf(options);
  const temporary = options.cache && options.weightsLimit > 0 ? undefined : await openTemporaryFolder();
  const runtime = await openRuntime({
    device: options.device,
    ...(options.threads !== undefined && { threads: options.threads }),
    warn,
    derived: { folder: temporary?.folder ?? derivedFolder(), limit: GIGABYTE * options.weightsLimit },
    ...(temporary && { scratch: temporary.folder }),
  });
  const { int8, half, thinKeys } = precisionOf(options, runtime.device);
  const close = async (): Promise<void> => {
    await runtime.close();
    await temporary?.close();
  };
  let model: DiffusionModel;
  let images: ControlImages;
  try {
    images = await controlImages(controls, runtime);
    model = await openDiffusionModel(folder, {
      runtime,
      warn,
      controls: controls.map(({ folder }) => folder),
      unet: {
        freeu: options.freeu === 'off' ? 'off' : options.freeuStages,
        freeuForms: freeuFormsOf(options),
        freeuOrder: options.freeuOrder,
        thinKeys,
        shallowBlocks: options.deepCache > 1 ? options.deepCacheBlocks : 0,
        probes,
      },
      int8,
      half,
      ...adapters,
      ...(await modelFiles(options)),
    });
    checkUse(model.info, folder, options, warn);
    await tellAll(model.info, asked);
    model.steps(options.steps, options.sampler); // refuses a sampler that the model's schedule cannot serve
    if (options.sizeMultiple % model.info.factor !== 0) {
      throw new UsageError(`--size-multiple must be a multiple of ${model.info.factor} for this model; got ${options.sizeMultiple}.`);
    }
  } catch (error) {
    await close();
    throw error;
  }
  return {
    model,
    runtime,
    device: runtime.device,
    refused: runtime.refused.map(({ device, reason }) => ({ device, reason })),
    controls,
    images,
    close: async () => {
      await Promise.all([close(), ...controls.map(({ pictures }) => pictures?.close())]);
    },
  };
};
