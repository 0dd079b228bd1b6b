// A latent diffusion model opened from its folder: text and pictures to latents, denoising, and latents to pictures.
import type { SamplerName } from '../config/samplers.ts';
import { type CallWork, callWork } from './call-work.ts';
import { guidedDenoiser } from './denoise/guided-denoiser.ts';
import { videoDenoiser } from './denoise/video-denoiser.ts';
import type { DenoiseRequest, DenoiserRequest } from './denoise-request.ts';
import { describeModel, type ModelInfo } from './model-info.ts';
import { checkFinite } from './networks/finite.ts';
import type { UNetOptions } from './networks/unet2d.ts';
import type { NetworkGraph } from './onnx/network-graph.ts';
import { type QuantisableLayer, quantiseKinds } from './onnx/quantised/rule.ts';
import { measurePrediction } from './open/measure-prediction.ts';
import { checkFit } from './open/model-fit.ts';
import { type ModelFolder, openModelFolder } from './open/model-folder.ts';
import type { ModelKind } from './open/model-kind.ts';
import type { PartsOptions } from './open/model-parts.ts';
import { openNetworks } from './open/open-networks.ts';
import { checkHalfPrecision } from './runtime/half-precision.ts';
import type { Usage } from './runtime/lazy-network.ts';
import type { Runtime } from './runtime/runtime.ts';
import { checkWholeNumbers } from './runtime/whole-numbers.ts';
import { addNoise, blend } from './samplers/arithmetic.ts';
import { type Denoise, type Sampler, sample } from './samplers/sampler.ts';
import type { SamplerRun } from './samplers/samplers.ts';
import { beginAt, type Prediction, type Spacing, type Step } from './samplers/schedule.ts';
import { clampTo, type Tensor } from './tensor.ts';
import type { EmbeddingUse } from './text/embedding.ts';
import { openTextEncoders, type TextEncoders } from './text-encoders.ts';
import type { LoraUse } from './weights/lora/read.ts';

/** Where a model runs, and what is merged into it or stands beside it. */
export type DiffusionModelOptions = PartsOptions & {
  readonly runtime: Runtime;
  /** Folders or files of ControlNets, in the order of `DenoiseRequest.controls`. Default: the model's `controlnet/` where it has one. */
  readonly controls?: readonly string[];
  /** What the U-Net predicts, in place of what the model's files say. */
  readonly prediction?: Prediction | undefined;
  /** Which timesteps the steps visit, in place of what the model's files say. */
  readonly spacing?: Spacing | undefined;
  /** Which layers FreeU works on, and where ControlNets join. */
  readonly unet?: UNetOptions;
  /** Kinds of layers of U-Net and ControlNets that compute in whole numbers of 8 bits, on a CPU with VNNI; default none. */
  readonly int8?: readonly QuantisableLayer['kind'][];
  /** Whether U-Net and ControlNets compute in half precision, on a GPU that has it (docs/devices.md); default false. Not beside `int8`. */
  readonly half?: boolean;
  /** LoRAs, merged in this order into U-Net and text encoder. */
  readonly loras?: readonly LoraUse[];
  /** Textual inversions: files that teach the text encoder new tokens. */
  readonly embeddings?: readonly EmbeddingUse[];
  /** Hears what goes in another way than it should while pictures are drawn, a sentence each; default nobody. */
  readonly warn?: (message: string) => void;
};

/** An opened model. Latents are of the U-Net's scale; sessions open with their first use and stay until `release`. */
export type DiffusionModel = {
  readonly info: ModelInfo;
  /**
   * The conditioning of some prompts, and of each prompt the end that found no room. A prompt that is undefined is the empty one; with
   * SDXL it is all zeros, where the model's files do not say otherwise.
   */
  readonly encodeText: TextEncoders['encode'];
  /**
   * Pictures [n, 3, h, w] in [-1, 1] to latents [n, c, h/f, w/f]. Noise of the latents' dims draws from the posterior, where the
   * autoencoder has one.
   */
  readonly encodeImage: (image: Tensor, options?: { noise?: Tensor; signal?: AbortSignal }) => Promise<Tensor>;
  /** Latents to pictures, clamped to [-1, 1] unless told not to. */
  readonly decodeLatent: (latent: Tensor, signal?: AbortSignal, options?: { readonly clamp?: boolean }) => Promise<Tensor>;
  /**
   * The steps of a whole run, from the noisiest; PNDM makes more than it is asked for. Default sampler: ddim.
   * @throws ScheduleError where the model's schedule has no such run
   */
  readonly steps: (count: number, sampler?: SamplerName) => readonly Step[];
  /**
   * A sampler over the model's schedule, for a loop of one's own or for `sample`.
   * @param run `count` steps of the whole schedule, which covers the share `span` of the training's timesteps (default 1, all); `first` is
   * the index of the first that runs, default 0; `eta` is DDIM's, default 0
   * @throws ScheduleError where the model's schedule has no such run
   */
  readonly sampler: (name: SamplerName, run: SamplerRun) => Sampler;
  /**
   * The guided U-Net as samplers ask it: x [n, c, h, w] at a step to what it predicts there (`info.prediction`; see `interpretOutput`), the
   * guidance pair joined, ControlNets, FreeU and attention let in. For samplers of one's own; `denoise` runs the library's.
   */
  readonly denoiser: (request: DenoiserRequest) => Denoise;
  /** Draws from noised latents or from noise. Returns latents. A video model has no use for `controls`, `attention` and `probe`. */
  readonly denoise: (request: DenoiseRequest) => Promise<Tensor>;
  /** Frees the text encoder's session, the autoencoder's, or all; the next use opens them again. */
  readonly release: (part?: 'text' | 'autoencoder') => Promise<void>;
  /** What a call multiplies, for a latent of height x width and one text or a pair; undefined for video models. */
  readonly callWork: (latent: { readonly height: number; readonly width: number }, batch: 1 | 2) => CallWork | undefined;
  /** What each network has cost so far; of several ControlNets the sum, and that of what reads their pictures. */
  readonly usage: () => Readonly<Record<'text' | 'encoder' | 'decoder' | 'unet' | 'controls' | 'hints', Usage>> & {
    readonly shallow?: Usage;
  };
};

/** How the networks that denoise are built for a precision, which is checked to be the device's. Video models have no whole numbers. */
const coarseOn = async (
  runtime: Runtime,
  kind: ModelKind,
  { int8, half }: Required<Pick<DiffusionModelOptions, 'int8' | 'half'>>,
): Promise<(graph: NetworkGraph) => NetworkGraph> => {
  if (half && int8.length > 0)
    throw new RangeError('half: layers in whole numbers of 8 bits (int8) are of the CPU, half precision is of GPUs');
  if (half) {
    await checkHalfPrecision(runtime);
    return graph => graph.adapt!({ half });
  }
  if (kind === 'video' || int8.length === 0) return graph => graph;
  await checkWholeNumbers(runtime);
  return graph => graph.adapt!({ quantise: quantiseKinds(int8) });
};

/**
 * Opens a diffusers folder or a model in one file. Nothing is run and no weights are read, sessions are opened by their first use; but for
 * a Stable Diffusion 2 in one file that does not say what it predicts, which is measured.
 * @param folder of a diffusers model, or a `.safetensors` or `.ckpt` file
 * @throws ModelMissingError, ModelConfigError, WeightError, ModelFitError or AdapterError, each saying where and what
 */
export const openDiffusionModel = async (
  folder: string,
  { runtime, warn, int8 = [], half = false, ...parts }: DiffusionModelOptions,
): Promise<DiffusionModel> => {
  const model = await openModelFolder(folder, parts);
  checkFit(model);
  const coarse = await coarseOn(runtime, model.kind, { int8, half });
  const { autoencoder } = model;
  const text = openTextEncoders(model, runtime);
  const networks = openNetworks(model, runtime, coarse, warn);

  /** The samplers, with what the U-Net was found to predict where no file says it. */
  const measured = async (): Promise<Pick<ModelFolder, 'samplers' | 'warnings'>> => {
    const { conditioning } = await text.encode(['']);
    const { prediction, share } = await measurePrediction(networks.unet, model.samplers.schedule, {
      channels: autoencoder.latentChannels,
      conditioning,
    });
    const trial = `a trial says ${prediction} (it returns ${share.toFixed(2)} of the noise)`;
    const warning = `${folder} does not say what its U-Net predicts; ${trial}; --prediction settles it`;
    return { samplers: model.samplersOf(prediction), warnings: [...model.warnings, warning] };
  };
  const { samplers, warnings } = model.predictionUnknown ? await measured() : model;

  const denoiser: DiffusionModel['denoiser'] = ({ steps, first = 0, guidance = 7.5, controls = [], ...rest }) => {
    const {
      conditioning,
      guidanceRescale: rescale,
      guidanceBands: bands,
      guidanceWindow,
      wholeEvery = 1,
      freeu,
      attention,
      probe,
      signal,
    } = rest;
    const { factor } = autoencoder;
    if (wholeEvery > 1 && !networks.shallow) throw new RangeError('wholeEvery: open the model with unet.shallowBlocks of 1 or more');
    const reuse = wholeEvery > 1 && networks.shallow ? { shallow: networks.shallow, every: wholeEvery } : undefined;
    const guide = { conditioning, guidance, rescale, bands, guidanceWindow, reuse, factor, controls, freeu, attention, probe, signal };
    const window = { first, count: steps - first };
    return model.kind === 'video'
      ? videoDenoiser(networks.unet, guide, window)
      : guidedDenoiser(networks.unet, networks.controls, guide, window);
  };

  return {
    info: await describeModel({ ...model, samplers, warnings }, parts.unet),

    encodeText: text.encode,

    async encodeImage(image, { noise, signal } = {}) {
      const outputs = await networks.encoder.run({ image }, autoencoder.fetch(noise), signal);
      await checkFinite([autoencoder.encoder], outputs);
      return autoencoder.toLatent(outputs, noise);
    },

    async decodeLatent(latent, signal, { clamp = true } = {}) {
      const outputs = await networks.decoder.run({ latent: autoencoder.fromLatent(latent) }, ['image'], signal);
      await checkFinite([autoencoder.decoder], outputs);
      const image = outputs.image!; // ours: it may be written to
      if (clamp) clampTo(image.data, 1);
      return image;
    },

    steps: (count, name = 'ddim') => samplers.open(name, { count }).steps,

    sampler: samplers.open,

    denoiser,

    async denoise({
      conditioning,
      noise,
      latent,
      strength = 1,
      strengthSteps,
      steps: count,
      guidance,
      guidanceRescale,
      guidanceBands,
      guidanceWindow,
      wholeEvery,
      resume,
      controls,
      freeu,
      attention,
      probe,
      ...rest
    }) {
      const { sampler: name = 'ddim', stochastic, ...given } = rest;
      const begin = latent ? beginAt(count, strength, strengthSteps) : { first: 0, span: 1 };
      const { first = begin.first, span = begin.span, ...hooks } = given;
      const whole = samplers.open(name, { count, first, span, ...(stochastic?.eta !== undefined && { eta: stochastic.eta }) });
      const sampler = { ...whole, steps: whole.steps.filter(({ index }) => index >= (resume?.index ?? first)) };
      if (!sampler.steps[0] || first >= count) return resume?.x ?? latent ?? noise;
      const fresh = whole.start === 1 ? noise : blend([whole.start, noise]);
      const start = resume?.x ?? (latent ? addNoise(latent, noise, sampler.steps[0].alphaBar) : fresh);
      const steps = first + whole.steps.length; // a sampler may make more than it is asked for
      const denoise = denoiser({
        conditioning,
        guidance,
        guidanceRescale,
        ...(guidanceBands && { guidanceBands }),
        ...(guidanceWindow && { guidanceWindow }),
        ...(wholeEvery !== undefined && { wholeEvery }),
        controls,
        freeu,
        attention,
        probe,
        signal: hooks.signal,
        first,
        steps,
      });
      const drawn = await sample(sampler, denoise, start, { ...hooks, ...resume, ...(stochastic && { noise: stochastic.noise }) });
      await checkFinite([model.unet.graph, ...model.controls.flatMap(({ graph, hint }) => [graph, hint])], { latents: drawn });
      return drawn;
    },

    async release(part) {
      const { encoder, decoder, unet, shallow } = networks;
      const controls = networks.controls.flatMap(({ net, hint }) => [net, hint]);
      const all = { text: [text], autoencoder: [encoder, decoder] };
      await Promise.all(
        (part ? all[part] : [text, encoder, decoder, unet, ...(shallow ? [shallow] : []), ...controls]).map(network => network.release()),
      );
    },

    callWork: (latent, batch) => callWork(model, latent, batch, parts.unet),

    usage() {
      const { encoder, decoder, unet, shallow, controls } = networks;
      const total = (usages: readonly Usage[]): Usage =>
        usages.reduce((sum, { sessions, runs }) => ({ sessions: sum.sessions + sessions, runs: sum.runs + runs }), {
          sessions: 0,
          runs: 0,
        });
      return {
        text: text.usage(),
        encoder: encoder.usage(),
        decoder: decoder.usage(),
        unet: unet.usage(),
        ...(shallow && { shallow: shallow.usage() }),
        controls: total(controls.map(({ net }) => net.usage())),
        hints: total(controls.map(({ hint }) => hint.usage())),
      };
    },
  };
};
