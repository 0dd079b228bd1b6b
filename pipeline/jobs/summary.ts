// A plan in numbers: what it draws, how much of that is found finished, and how long the rest takes.
import { availableParallelism } from 'node:os';
import type { Options } from '../../config/options.ts';
import { NO_CALLS } from '../../models/denoise/calls.ts';
import { stepsAtStrength } from '../../models/samplers/schedule.ts';
import { chosenLayers, needsStates, type StepPlan, stateBytes, stepCounts } from '../../stages/keyframes/work.ts';
import type { PlanNode } from '../graph/plan.ts';
import type { ControlSummary, PlanSummary, StageSeconds, Work } from '../plan-summary.ts';
import { controlFacts } from '../session/controls.ts';
import { encodingSummary } from '../session/encoding.ts';
import type { Measured } from '../session/measure.ts';
import { stepPlanOf } from '../strategies/keyframes.ts';
import { againShares } from '../strategies/passes.ts';

import { flopOf, isGuided, planCalls } from './calls.ts';
import type { ClipJob } from './clip-job.ts';
import { forcedBy } from './progress.ts';

/** Seconds of flow and propagation for a megapixel-frame on one thread, by tier: measured on 2 cores of a server CPU (docs/quality.md). */
const PROPAGATION_SECONDS = { warp: 0.3, patch: 1, faithful: 12 } as const;

/**
 * Seconds of reading frames and encoding them with x264 at its default speed, a megapixel-frame as drawn: 0.05 to 0.07 on 2 cores
 * (docs/quality.md).
 */
const ENCODING_SECONDS = 0.06;

/** Share of the shorter of drawing and propagation that the other hides: 54 s one after the other were 44 to 46 (docs/performance.md). */
const HIDDEN = 0.5;

/** Seconds of start-up that no trial shows: Node, ffmpeg's probes, the trial of the encoder; 1 to 2 on 2 cores (docs/quality.md). */
const STARTING_SECONDS = 1.2;

/** The denoising steps of a key frame. @param changes the options of its node, where a second pass has others than the run */
const stepsOf = ({ options, opened }: ClipJob, changes: Partial<Options> = {}): StepPlan =>
  stepPlanOf({ ...options, ...changes }, { steps: opened.model.steps(options.steps, options.sampler).length });

/** Denoising steps of a picture at the run's strength. */
const stepsRunOf = (job: ClipJob): number => {
  const { steps, strength, strengthSteps } = job.options;
  return job.planned.strategy === 'keyframes' ? stepCounts(stepsOf(job)).anchor : stepsAtStrength(steps, strength, strengthSteps);
};

/** Calls of drawing nodes, what they multiply, and how many calls with the run's own guidance would multiply as much. */
const workOf = (job: ClipJob, nodes: readonly PlanNode[]) => {
  const { options, session, opened } = job;
  const { model } = opened;
  const calls = planCalls(nodes, node => stepsOf(job, node.options), options);
  const { factor } = model.info;
  const latent = { height: session.source.size.height / factor, width: session.source.size.width / factor };
  const [pair, single] = [model.callWork(latent, 2), model.callWork(latent, 1)];
  if (!pair || !single) return { calls, steps: sum(Object.values(calls)) };
  const flop = flopOf(calls, { pair, single });
  const measured = { ...NO_CALLS, ...(options.cfgScale > 1 ? { pairs: 1 } : { singles: 1 }) };
  return { calls, flop, steps: flop / flopOf(measured, { pair, single }) };
};

/** Steps that denoise, by their names. */
const DRAWING: ReadonlySet<string> = new Set(['colours', 'recorded', 'anchor', 'keyframe', 'window']);

/** What attention keeps of key frames, and what of it finds no room in memory. */
const bankOf = (job: ClipJob): Pick<Work, 'bank'> => {
  const { options, opened, session, planned } = job;
  const { factor, attention } = opened.model.info;
  const stepPlan = stepsOf(job);
  const linked = planned.plan.nodes.filter(({ step }) => step === 'keyframe');
  if (linked.length === 0 || !needsStates(stepPlan)) return {};
  const each = stateBytes(stepPlan, attention, {
    loose: options.looseCfattn,
    height: session.source.size.height / factor,
    width: session.source.size.width / factor,
    batch: linked.some(isGuided) ? 2 : 1,
    bytes: options.bankPrecision === 'fp16' ? 2 : 4,
  });
  const read = new Set(
    linked.flatMap(({ inputs }) => [...(inputs.anchorStates ?? []), ...(inputs.previousStates ?? [])].map(({ node }) => node)),
  );
  // While a key frame is drawn: the anchor's, those of the one before, and its own where others read them.
  const atOnce = Math.max(
    ...linked.map(({ id, inputs }) => (inputs.anchorStates ?? []).length + (inputs.previousStates ?? []).length + (read.has(id) ? 1 : 0)),
  );
  const onDisk = Math.max(0, atOnce * each - options.bankMemory * 2 ** 20);
  const layers = [chosenLayers(attention, options.looseCfattn).length, attention.length] as const;
  return { bank: { each, atOnce, onDisk, layers, precision: options.bankPrecision } };
};

/** Frames that a node makes by propagation: all that it gives but its key frames. */
const propagatedBy = ({ step, params, inputs }: PlanNode): number =>
  step === 'interval' ? Number(params.last) - Number(params.first) + 1 - 1 - (inputs.last?.length ?? 0) : 0;

const sum = (numbers: readonly number[]): number => numbers.reduce((total, n) => total + n, 0);

/** Pictures that a node decodes and encodes. */
const picturesOf = ({ step, params }: PlanNode): number =>
  step === 'window' ? Number(params.last) - Number(params.first) + 1 : DRAWING.has(step) ? 1 : 0;

const timeOf = (job: ClipJob, toRun: readonly PlanNode[], measured: Measured): StageSeconds => {
  const { options, session, planned, survey } = job;
  const megapixels = (session.source.size.width * session.source.size.height) / 1e6;
  const drawn = toRun.filter(({ step }) => DRAWING.has(step));
  const longest = Math.max(1, ...planned.plan.nodes.map(picturesOf));
  const windows = sum(drawn.map(node => (node.units * picturesOf(node)) / longest));
  const steps = longest > 1 ? windows : workOf(job, drawn).steps;
  const draw = steps * measured.secondsPerStep + sum(drawn.map(picturesOf)) * measured.secondsPerPicture;
  const threads = options.jobs ?? availableParallelism();
  const propagate = (sum(toRun.map(propagatedBy)) * megapixels * PROPAGATION_SECONDS[options.propagate]) / threads;
  const start = STARTING_SECONDS + (drawn.length > 0 ? measured.start : 0);
  const encode = survey.times.length * megapixels * ENCODING_SECONDS;
  const hidden = HIDDEN * Math.min(draw, propagate);
  return { start, draw, propagate, encode, total: start + draw + propagate + encode - hidden };
};

const controlsOf = ({ options, opened }: ClipJob): ControlSummary[] =>
  controlFacts(options, opened.controls).map(({ type, scale, guess, start, end }, i) => {
    const { folder, pictures, annotator } = opened.controls[i]!;
    return {
      type,
      scale,
      guess,
      start,
      end,
      folder,
      ...(pictures && { pictures: pictures.path }),
      ...(annotator && { annotator: annotator.path }),
    };
  });

/** Seconds from the first frame's begin to the last one's end. */
const shownSeconds = ({ times, lastFrame }: ClipJob['survey']): number => times.at(-1)! - times[0]! + lastFrame;

/** The shares for which styles are drawn once more, where they are. */
const drawnAgain = (options: Options): Pick<PlanSummary, 'firstAgain' | 'secondAgain'> =>
  Object.fromEntries(Object.entries(againShares(options)).filter(([, share]) => share > 0));

/** @param measured without it the plan carries neither time nor memory */
export const summarise = async (job: ClipJob, measured?: Measured): Promise<PlanSummary> => {
  const { options, input, output, encoding, session, opened, survey, planned } = job;
  const { info, size } = session.source;
  const wanted = [...planned.keyframes.map(({ picture }) => picture), ...planned.parts.map(({ pictures }) => pictures)];
  const toRun = [...(await session.workshop.demand(planned, wanted, forcedBy(options.force))).nodes.keys()];
  const drawing = planned.plan.nodes.filter(({ step }) => DRAWING.has(step));
  const calls = sum(drawing.map(({ units }) => units));
  const callsToRun = sum(toRun.filter(({ step }) => DRAWING.has(step)).map(({ units }) => units));
  const work = workOf(job, drawing);
  const [unguided, shallow] = [work.calls.singles + work.calls.shallowSingles, work.calls.shallowPairs + work.calls.shallowSingles];
  const propagated = sum(planned.plan.nodes.map(propagatedBy));
  const windows = planned.plan.nodes.filter(({ step }) => step === 'window');
  const supplied = planned.keyframes.flatMap(key => (key.supplied ? [key.frame] : []));
  return {
    kind: planned.strategy,
    input,
    output,
    ...(encoding && { encoding: encodingSummary(encoding) }),
    frames: survey.times.length,
    duration: shownSeconds(survey),
    sourceSize: [info.width, info.height],
    workingSize: [size.width, size.height],
    ...(planned.only && { only: planned.only.map(({ first, last }) => [first, last] as const) }),
    shots: planned.shots,
    keyframes: planned.keyframes.map(({ frame }) => frame),
    ...(supplied.length > 0 && { supplied }),
    ...(windows.length > 0 && { windows: { count: windows.length, length: options.window, overlap: options.windowOverlap } }),
    model: opened.model.info.folder,
    device: opened.device,
    refused: opened.refused,
    style: options.style,
    ...(options.secondStyle && { secondStyle: options.secondStyle }),
    ...(options.secondStyle && drawnAgain(options)),
    ...(options.secondStyle && options.secondFrom === 'grey' && { secondFrom: 'grey' as const }),
    negativePrompt: options.negativePrompt,
    seed: options.seed,
    steps: options.steps,
    stepsRun: stepsRunOf(job),
    strength: options.strength,
    ...(options.mix < 1 && { mix: options.mix }),
    cfgScale: options.cfgScale,
    freeu: options.freeu,
    freeuRow: job.freeuChoice,
    ...(options.freeuStage.length > 0 && { freeuStages: options.freeuStage }),
    controls: controlsOf(job),
    adapters: opened.model.info.adapters,
    work: {
      unetCalls: calls,
      unetCallsCached: calls - callsToRun,
      ...(unguided > 0 && drawing.some(isGuided) && { unguidedCalls: unguided }),
      ...(shallow > 0 && { shallowCalls: shallow }),
      ...(work.flop !== undefined && { flop: work.flop }),
      controlCalls: (calls - shallow) * controlFacts(options, opened.controls).filter(({ scale }) => scale > 0).length,
      propagated,
      propagatedCached: propagated - sum(toRun.map(propagatedBy)),
      ...bankOf(job),
      ...(measured && { memory: measured.memory, seconds: timeOf(job, toRun, measured) }),
    },
  };
};
