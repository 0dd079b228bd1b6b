// `rerender/stages`: the operators that a re-rendered clip is made with, each for itself. Shots and key frames, motion, drawing a key frame
// and its fusions, propagation, measures. docs/library.md shows them in use.
export type { Period } from '../config/option.ts';
export { flowColours } from './flow/colours.ts';
export { occlusion } from './flow/consistency.ts';
export type { FlowPair } from './flow/estimate.ts';
export { type Flow, openFlow } from './flow/flow.ts';
export { type Detail, flowGrid, type Grid, resizeFlow } from './flow/grid.ts';
export { adain, channelStatistics } from './keyframes/adain.ts';
export { matchHistograms, transferColours, withLuminosity } from './keyframes/colour-transfer.ts';
export {
  type CannyThresholds,
  type ControlImageMaker,
  cannyImage as cannyControl,
  edgeImage as softEdgeControl,
  pictureImage as pictureControl,
  tileImage as tileControl,
} from './keyframes/control.ts';
export { type Drawn, drawKeyframe, type KeyframeJob, type KeyframeMotion, keyframeMotion, type Links } from './keyframes/draw.ts';
export { FIDELITY_THRESHOLD, type FidelityParts, fidelityTarget, overshoot } from './keyframes/fidelity.ts';
export { flatRegion, inpaintMix, type Mix, type MixOptions, noiseTowards, planMix } from './keyframes/inpaint-mix.ts';
export { blockMax, hiddenInBoth, inverted, latentMask, maxAround, shrinkMiddle, softMask } from './keyframes/masks.ts';
export { type AttentionStates, crossFrameBank, type Memory, type Remember } from './keyframes/memory.ts';
export { editWithNoise } from './keyframes/own-noise.ts';
export {
  type Others,
  type Painted,
  type PaintNoise,
  type PaintOptions,
  type PaintRequest,
  paintKeyframe,
} from './keyframes/paint.ts';
export { injectionStep, inPeriod, mixedSteps } from './keyframes/periods.ts';
export { type Pulled, pixelFusion } from './keyframes/pixel-fusion.ts';
export { toControlImage as pictureToControlImage, toImage as pictureToTensor, toPicture as tensorToPicture } from './keyframes/pixels.ts';
export { type Neighbour as KeyframeNeighbour, type Relation, relate } from './keyframes/relation.ts';
export { type Role, type RoleOptions, rolesOf } from './keyframes/roles.ts';
export type { DrawOptions, FusionSettings } from './keyframes/settings.ts';
export { warpBilinear, warpNearest } from './keyframes/warp.ts';
export { planSteps, type StepPlan, stateBytes, stepCounts } from './keyframes/work.ts';
export type { Channels, Look } from './metrics/look.ts';
export type { Both, Couple, FrameMeasure, MeasureInput, Neighbour as MeasuredNeighbour } from './metrics/measure.ts';
export { type Metrics, openMetrics } from './metrics/metrics.ts';
export { type Motion, motionToFirst, motionToSecond } from './metrics/sampler.ts';
export { drawPicture, type PictureHooks, type PictureJob } from './pictures/draw.ts';
export { type LatentPreview, latentPreview } from './pictures/latent-preview.ts';
export type { Interval } from './propagate/interval.ts';
export { openPropagation, type Propagation, type TierName } from './propagate/propagate.ts';
export { type PaintedEnds, type PropagateWith, propagateInterval } from './propagate/whole-interval.ts';
export { changeMeter } from './shots/change.ts';
export { type CutDetector, cutDetector, detectCuts } from './shots/cuts.ts';
export type { Dissolve } from './shots/dissolves.ts';
export { type Course, chooseKeyframes, type Shot, type Spacing, shotsOf } from './shots/keyframes.ts';
export { type Survey, surveyFrames } from './shots/survey.ts';
export { type Bands, bandsOf, FREQUENCIES, meanSpectrum, relativeTo, type Spectrum, spectrumOf } from './spectrum/radial.ts';
export type { FarnebackOptions, Plane } from './vision/operators.ts';
export { openVision, type Vision } from './vision/vision.ts';
export {
  type Before,
  type ClipDrawing,
  type ClipSteps,
  clipNoise,
  decodeFrames as decodeClipFrames,
  drawClip,
  drawWindow,
} from './windows/draw.ts';
export { carryWeights, type Window, type WindowOptions, windowsOf } from './windows/windows.ts';
