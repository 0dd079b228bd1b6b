// `rerender/models`: latent diffusion models taken apart. Open one, encode text and pictures, denoise with a hook at every step or in a
// loop of one's own, decode; samplers, FreeU's operators, noise, tensors. docs/library.md shows them in use.
export { embeddedModel, wordsModel } from '../config/paths.ts';
export { SAMPLERS, type SamplerName } from '../config/samplers.ts';
export type { Conditioning } from './conditioning.ts';
export type { ControlUse } from './denoise/control-residuals.ts';
export type { FreeUUse } from './denoise/freeu.ts';
export type { GuidanceBands } from './denoise/guidance-bands.ts';
export type { AttentionHook, Bank } from './denoise/guided-denoiser.ts';
export { joinFrames, splitFrames } from './denoise/join-frames.ts';
export type { StepWindow } from './denoise/step-window.ts';
export type { DenoiseRequest, DenoiserRequest } from './denoise-request.ts';
export { type DiffusionModel, type DiffusionModelOptions, openDiffusionModel } from './diffusion-model.ts';
export { type EdgeDetector, openEdgeDetector } from './edge-detector.ts';
export { type InspectedKind, type InspectedPart, type Inspection, inspectModel } from './inspect/inspect.ts';
export type { Recognised } from './inspect/recognised.ts';
export { type BackboneScaling, freeuBackbone, freeuSkip, type SkipBox } from './math/freeu-operators.ts';
export type { ChannelWindow } from './math/freeu-windows.ts';
export { philox4x32 } from './math/philox.ts';
export { gaussian, type NoiseKey } from './math/random.ts';
export type { ModelInfo, PartInfo } from './model-info.ts';
export type { AttentionLayer } from './networks/attention-layers.ts';
export type { FreeUForms, FreeUOrder, FreeUStages, StageForm } from './networks/blocks/freeu.ts';
export { type ConvolutionRule, type ConvShape, direct, type Form, fewestProducts } from './onnx/convolution/form.ts';
export type { FewSteps } from './open/few-steps.ts';
export type { ModelKind } from './open/model-kind.ts';
export type { Adapter } from './runtime/adapters.ts';
export type { DerivedShelf } from './runtime/derived-weights.ts';
export { type DeviceDescription, describeDevices } from './runtime/describe-devices.ts';
export { DeviceError, type DeviceName, listDevices, type Refusal } from './runtime/devices.ts';
export { ScratchError } from './runtime/pieces/scratch.ts';
export { openRuntime, type Runtime, RuntimeError, type RuntimeOptions } from './runtime/runtime.ts';
export { addNoise, blend, interpret as interpretOutput, type Term } from './samplers/arithmetic.ts';
export { ScheduleError } from './samplers/config.ts';
export {
  type Denoise,
  type Point,
  type SampleHooks,
  type SampleOptions,
  type Sampler,
  type StepInput,
  type StepState,
  sample,
} from './samplers/sampler.ts';
export { readSamplers, type SamplerRun, type Samplers } from './samplers/samplers.ts';
export { type Begin, beginAt, firstStep, type Prediction, type Schedule, type Spacing, type Step } from './samplers/schedule.ts';
export { elements, type IntTensor, type Tensor, takeRows, tensor } from './tensor.ts';
