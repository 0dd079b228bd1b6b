// The plan of a run over windows in numbers, and what its result says of itself.
import { packageVersion } from '../../config/paths.ts';
import { shownSeconds } from '../analyse.ts';
import { encodingSummary } from '../encoding.ts';
import type { Measured } from '../painter.ts';
import { freeuText, type PlanSummary, stepsAtStrength } from '../plan.ts';
import type { PreparedWindows } from './prepare.ts';

/** @param measured without it the plan carries neither time nor memory */
export const summariseWindows = (prepared: PreparedWindows, measured?: Measured): PlanSummary => {
  const { options, input, output, encoding, painter, source, analysis, shots, windows } = prepared;
  const { info, size } = source;
  const frames = analysis.times.length;
  const stepsRun = stepsAtStrength(options.steps, options.strength);
  const drawn = windows.reduce((sum, { first, last }) => sum + last - first + 1, 0);
  const seconds =
    measured && (drawn / Math.min(options.window, frames)) * stepsRun * measured.secondsPerStep + drawn * measured.secondsPerPicture;
  return {
    input,
    output,
    encoding: encodingSummary(encoding),
    frames,
    duration: shownSeconds(analysis),
    sourceSize: [info.width, info.height],
    workingSize: [size.width, size.height],
    shots,
    keyframes: [],
    windows: { count: windows.length, length: options.window, overlap: options.windowOverlap },
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
    controls: [],
    adapters: painter.info.adapters,
    work: {
      unetCalls: windows.length * stepsRun,
      controlCalls: 0,
      propagated: 0,
      ...(measured && seconds !== undefined ? { memory: measured.memory, seconds } : {}),
    },
  };
};

/** Tags for the container: what was asked for, enough to draw it again. */
export const windowTags = ({ options, painter }: PreparedWindows): Record<string, string> => {
  if (!options.metadata) return {};
  const { style, negativePrompt, seed, steps, strength, cfgScale, freeu, size, window, windowOverlap } = options;
  const { adapters } = painter.info;
  const asked = { style, negativePrompt, seed, steps, strength, cfgScale, freeu: freeuText(freeu), adapters, size, window, windowOverlap };
  return { comment: `rerender ${packageVersion()} ${JSON.stringify(asked)}` };
};
