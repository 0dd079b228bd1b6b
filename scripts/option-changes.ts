// Another value for every option, and what has to hold so that it matters: for the table of what a change redoes, and for its test.
import { rerenderRow } from '../config/freeu-rows.ts';
import { optionsLayer, settle } from '../config/layers.ts';
import type { OptionName, PartialOptions } from '../config/options.ts';
import { findPreset } from '../config/presets.ts';
import { type PlanName, redoneText, stepsRedone } from '../pipeline/redone.ts';

/** A value that is neither the default nor that of the embedded model; forgetting one does not compile. */
export const OTHER: { readonly [K in OptionName]: NonNullable<PartialOptions[K]> } = {
  output: 'other.mp4',
  overwrite: true,
  report: true,
  start: 0.5,
  end: 1,
  duration: 1,
  frames: [0, 20],
  only: ['30-50'],
  onlyFade: 0.2,
  crop: '0,16,0,0',
  size: 192,
  sizeMultiple: 64,
  width: 128,
  height: 128,
  deinterlace: 'off',
  maxSide: 4096,
  maxPixels: 1e7,
  maxStreams: 32,
  maxCovers: 8,
  maxFps: 500,
  style: 'a pencil drawing',
  negativePrompt: 'grey',
  preset: 'watercolor',
  seed: 7,
  steps: 9,
  cfgScale: 3,
  cfgLow: 5,
  cfgHigh: 9,
  guidanceRescale: 0.5,
  clipSkip: 1,
  originalSize: '512x512',
  cropIds: '8,0',
  strength: 0.6,
  mix: 0.5,
  sampler: 'euler',
  model: 'another-model',
  modelFolders: ['models'],
  vae: 'another-vae',
  variant: 'fp16',
  prediction: 'epsilon',
  spacing: 'trailing',
  modelConfig: 'configs',
  lora: ['ink.safetensors'],
  embedding: ['learned.bin'],
  control: ['tile'],
  controlScale: 0.5,
  controlGuess: true,
  cannyLow: 50,
  cannyHigh: 300,
  freeu: { b1: 1.4, b2: 1.3, s1: 0.8, s2: 0.3 },
  freeuB1: 1.5,
  freeuB2: 1.5,
  freeuS1: 0.5,
  freeuS2: 0.5,
  freeuVersion: 1,
  freeuStages: 'blocks',
  freeuStage: ['3:b=1.2,s=0.8'],
  freeuOrder: 'after-control',
  freeuStart: 0.1,
  freeuEnd: 0.9,
  freeuSmooth: 0.5,
  interval: 5,
  intervalMin: 6,
  intervalMax: 20,
  keyframesAt: '0,7,30',
  keyframeSeed: ['0=7'],
  anchor: 'refresh 2',
  keyframe: ['10=painted.png'],
  keyframes: 'painted',
  followEdits: true,
  anchorImage: 'style.png',
  crossPeriod: [0, 0.5],
  warpPeriod: [0, 0.3],
  maskPeriod: [0.4, 0.7],
  adaPeriod: [0.5, 1],
  looseCfattn: false,
  styleUpdateFreq: 2,
  maskStrength: 0.7,
  innerStrength: 0.5,
  smoothBoundary: false,
  maskNoise: 'own',
  startNoise: 'own',
  fromNoise: true,
  colorPreserve: false,
  bankMemory: 1,
  bankPrecision: 'fp32',
  previews: 'keys',
  propagate: 'warp',
  poisson: true,
  fromPng: 'drawn.png',
  init: 'other.png',
  controlImage: 'other.png',
  seeds: '3,4',
  count: 2,
  freeuSweep: ['b=1,1.2'],
  freeuSpectrum: 'spectrum.svg',
  window: 12,
  windowOverlap: 6,
  fps: 12,
  codec: 'libx264',
  crf: 30,
  encoderPreset: 'slow',
  ffmpegArgs: '-tune film',
  audio: false,
  metadata: false,
  device: 'cpu',
  threads: 1,
  jobs: 1,
  workDir: 'work',
  cache: false,
  cacheLimit: 1,
  weightsLimit: 1,
  force: 'keyframes',
  stopAfter: 'keyframes',
  ffmpeg: 'other-ffmpeg',
  ffprobe: 'other-ffprobe',
  stallTimeout: 60,
};

/** What else has to hold so that an option matters. */
export const CONTEXT: Partial<Record<OptionName, PartialOptions>> = {
  intervalMin: { interval: 'auto' },
  intervalMax: { interval: 'auto' },
  followEdits: { keyframe: ['10=painted.png'] },
  width: { init: 'source.png' },
  height: { init: 'source.png' },
  controlImage: { init: 'source.png' },
  strength: { init: 'source.png' },
};

const BASE: PartialOptions = { style: 'an oil painting', freeu: rerenderRow.factors };

const settled = (values: PartialOptions) => {
  const { options } = settle([optionsLayer(values)]);
  return { ...options, style: options.style ?? '' };
};

/** The steps that a change of an option redoes, in the plans named. */
export const redoneBy = (name: OptionName, plans?: readonly PlanName[]): string[] => {
  const before = { ...BASE, ...CONTEXT[name] };
  const changes = name === 'preset' ? findPreset(String(OTHER.preset)) : { [name]: OTHER[name] };
  return stepsRedone(settled(before), settled({ ...before, ...changes }), plans);
};

export const redoneWords = (name: OptionName): string => redoneText(redoneBy(name));
