// The plan in numbers, from what is prepared and what the model says of itself.
import { availableParallelism } from 'node:os';
import type { Measured } from './painter.ts';
import { freeuText, type PlanSummary, stepsAtStrength } from './plan.ts';
import type { Prepared } from './prepare.ts';

/** Wall seconds of flow and propagation for a megapixel-frame on one thread, measured on 2 cores of a server CPU (docs/quality.md). */
const PROPAGATION_SECONDS = 0.66;

/** @param measured without it the plan carries neither time nor memory */
export const summarise = (prepared: Prepared, measured?: Measured): PlanSummary => {
  const { options, input, output, painter, source, analysis, shots, keyframes, controls } = prepared;
  const { info, size } = source;
  const stepsRun = stepsAtStrength(options.steps, options.strength);
  const frames = analysis.times.length;
  const propagated = frames - keyframes.length;
  const lastFrame = frames > 1 ? (analysis.times[frames - 1]! - analysis.times[0]!) / (frames - 1) : 1 / info.rate;
  const megapixels = (size.width * size.height) / 1e6;
  const seconds =
    measured &&
    keyframes.length * (stepsRun * measured.secondsPerStep + measured.secondsPerPicture) +
      (propagated * megapixels * PROPAGATION_SECONDS) / (options.jobs ?? availableParallelism());
  return {
    input,
    output,
    frames,
    duration: analysis.times[frames - 1]! - analysis.times[0]! + lastFrame,
    sourceSize: [info.width, info.height],
    workingSize: [size.width, size.height],
    shots,
    keyframes,
    model: painter.info.folder,
    device: painter.deviceText,
    style: options.style,
    negativePrompt: options.negativePrompt,
    seed: options.seed,
    steps: options.steps,
    stepsRun,
    strength: options.strength,
    cfgScale: options.cfgScale,
    freeu: freeuText(options.freeu),
    controls: controls.map(({ type, folder, scale }) => `${type} ${scale} (${folder})`),
    adapters: painter.info.adapters,
    work: {
      unetCalls: keyframes.length * stepsRun,
      controlCalls: keyframes.length * stepsRun * controls.filter(c => c.scale > 0).length,
      propagated,
      ...(measured && seconds !== undefined ? { memory: measured.memory, seconds } : {}),
    },
  };
};
