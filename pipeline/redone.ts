// What a change of options redoes: the steps with a node whose key changes, derived from their declarations on an example clip.
import { parseControls } from '../config/control.ts';
import type { Options } from '../config/options.ts';
import { keysOf, stepOf } from './graph/key.ts';
import { cellsOf } from './jobs/generate/cells.ts';
import { LEAVES } from './session/leaves.ts';
import type { Analysis } from './steps/analysis.ts';
import { STEPS } from './steps/table.ts';
import { planKeyframes } from './strategies/keyframes.ts';
import { planClip, planPictures } from './strategies/prompt.ts';
import type { DrawingOptions, ModelFacts, SuppliedFacts } from './strategies/strategy.ts';
import { planSurvey } from './strategies/survey.ts';
import { planWindows } from './strategies/windows.ts';

/** Two shots of 60 frames: much changes in the first, little in the second. */
const SURVEY: Analysis = {
  times: Array.from({ length: 120 }, (_, i) => i / 25),
  cuts: [60],
  dissolves: [],
  changes: Array.from({ length: 120 }, (_, i) => (i < 60 ? 0.4 : 0.01)),
  warnings: [],
  lastFrame: 1 / 25,
};

const SIZE = { width: 256, height: 256 };

/** A model under the ControlNets asked for, else one of edges and one that sees the frame. */
const factsOf = (kind: ModelFacts['kind'], { steps, control, controlScale: scale, controlGuess: guess }: Options): ModelFacts => ({
  kind,
  factor: 8,
  latentChannels: 4,
  steps,
  controls: parseControls(control.length > 0 ? control : ['canny', 'tile']).map(({ type }) => ({ type, scale, guess, start: 0, end: 1 })),
});

/** Pictures are known by content; here their paths stand for it, and a folder for a picture of frame 10. */
const suppliedOf = ({ keyframe, keyframes, anchorImage }: Options): SuppliedFacts => ({
  size: SIZE,
  digests: new Map([...keyframe.map(value => [10, value] as const), ...(keyframes === undefined ? [] : [[10, keyframes] as const])]),
  anchorImage,
});

/** The plan of every strategy, and of the survey before it. */
const PLANS = {
  survey: (options: DrawingOptions) => planSurvey(options, SIZE).plan,
  keyframes: (options: DrawingOptions) => planKeyframes(options, SURVEY, factsOf('image', options), suppliedOf(options)).plan,
  windows: (options: DrawingOptions) => planWindows(options, SURVEY).plan,
  picture: (options: DrawingOptions) => {
    const { width = options.size, height = options.size, init, controlImage = init } = options;
    const { cells } = cellsOf(options, 'picture.png');
    return planPictures(options, cells, { width, height }, { init, control: controlImage }, factsOf('image', options)).plan;
  },
  clip: (options: DrawingOptions) => {
    const { width = options.size, height = options.size, frames } = options;
    return planClip(options, frames ? frames[1] + 1 : 16, { width, height }, factsOf('video', options)).plan;
  },
} as const;

export type PlanName = keyof typeof PLANS;

/** Leaves are known by content; here the options that may change it stand for it. */
const identitiesOf = (options: Options) =>
  Object.fromEntries(Object.entries(LEAVES).map(([leaf, names]) => [leaf, names.map(name => options[name] ?? null)]));

const keysUnder = (options: DrawingOptions, names: readonly PlanName[]): { readonly step: string; readonly key: string }[] =>
  names.flatMap(name => {
    const plan = PLANS[name](options);
    const keyOf = keysOf(plan, STEPS, identitiesOf(options));
    return plan.nodes.flatMap(node =>
      Object.keys(stepOf(STEPS, node).outputs).map(output => ({ step: node.step, key: keyOf({ node: node.id, output }) })),
    );
  });

/**
 * The steps, in the order of the table, that have something to do which they had not under the options before.
 * @param names of the plans that are compared
 */
export const stepsRedone = (
  before: DrawingOptions,
  after: DrawingOptions,
  names: readonly PlanName[] = Object.keys(PLANS) as PlanName[],
): string[] => {
  const present = new Set(keysUnder(before, names).map(({ key }) => key));
  const redone = new Set(keysUnder(after, names).flatMap(({ step, key }) => (present.has(key) ? [] : [step])));
  return Object.keys(STEPS).filter(name => redone.has(name));
};

/** What steps make, in the words of the documentation. */
const WORDS: Readonly<Record<string, string>> = {
  survey: 'survey',
  colours: 'key frames',
  recorded: 'key frames',
  anchor: 'key frames',
  keyframe: 'key frames',
  interval: 'propagation',
  window: 'windows',
  clip: 'clips',
  picture: 'pictures',
};

/** What is redone, in words; steps whose results are not stored go with those that read them. */
export const redoneText = (steps: readonly string[]): string => {
  const words = [...new Set(steps.flatMap(step => WORDS[step] ?? []))];
  const behind = steps.includes('keyframe') && !steps.includes('anchor') && !steps.includes('recorded');
  return words.map(word => (behind && word === 'key frames' ? 'key frames behind an anchor' : word)).join(', ') || '-';
};
