// The plan in numbers, from what is prepared and what the model says of itself.
import { availableParallelism } from 'node:os';
import { stateBytes, stepCounts } from '../stages/keyframes/work.ts';
import { shownSeconds } from './analyse.ts';
import { controlText } from './controls.ts';
import { encodingSummary } from './encoding.ts';
import type { Measured } from './painter.ts';
import { freeuText, type PlanSummary } from './plan.ts';
import type { Prepared } from './prepare.ts';

/** Seconds of flow and propagation for a megapixel-frame on one thread, by tier: measured on 2 cores of a server CPU (docs/quality.md). */
const PROPAGATION_SECONDS = { warp: 0.3, patch: 1, faithful: 12 } as const;

/** What attention keeps: bytes of a key frame's states, how many of them are needed at once, and how many bytes of that find no room in memory. */
const bankPlan = ({ options, painter, source, roles }: Prepared): Pick<PlanSummary['work'], 'bank'> => {
  const { factor, attention } = painter.info;
  const each = stateBytes(painter.plan, attention, {
    loose: options.looseCfattn,
    height: source.size.height / factor,
    width: source.size.width / factor,
    batch: options.cfgScale > 1 ? 2 : 1,
    bytes: options.bankPrecision === 'fp16' ? 2 : 4,
  });
  // While a key frame is drawn: the anchor's, those of the one before, and its own.
  const atOnce = Math.max(
    0,
    ...roles.map(({ links, readAs }) => (links ? new Set([links.anchor, links.states]).size : 0) + (readAs ? 1 : 0)),
  );
  if (each === 0 || atOnce === 0) return {};
  return { bank: { each, atOnce, onDisk: Math.max(0, atOnce * each - options.bankMemory * 2 ** 20) } };
};

/** @param measured without it the plan carries neither time nor memory */
export const summarise = (prepared: Prepared, measured?: Measured): PlanSummary => {
  const { options, input, output, encoding, painter, source, analysis, shots, keyframes, controls } = prepared;
  const { info, size } = source;
  const { roles } = prepared;
  const counts = stepCounts(painter.plan);
  const colours = options.colorPreserve ? 0 : shots.length * options.steps;
  const steps = roles.reduce((sum, { links }) => sum + (links ? counts.key : counts.anchor), colours);
  const frames = analysis.times.length;
  const propagated = frames - keyframes.length;
  const megapixels = (size.width * size.height) / 1e6;
  const seconds =
    measured &&
    steps * measured.secondsPerStep +
      keyframes.length * measured.secondsPerPicture +
      (propagated * megapixels * PROPAGATION_SECONDS[options.propagate]) / (options.jobs ?? availableParallelism());
  return {
    input,
    output,
    ...(encoding && { encoding: encodingSummary(encoding) }),
    frames,
    duration: shownSeconds(analysis),
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
    stepsRun: counts.anchor,
    strength: options.strength,
    cfgScale: options.cfgScale,
    freeu: freeuText(options.freeu),
    controls: controls.map(controlText),
    adapters: painter.info.adapters,
    work: {
      unetCalls: steps,
      controlCalls: steps * controls.filter(c => c.scale > 0).length,
      propagated,
      ...bankPlan(prepared),
      ...(measured && seconds !== undefined ? { memory: measured.memory, seconds } : {}),
    },
  };
};
