// `--freeu-stage N:NAME=VALUE,...`: what a stage of FreeU has beside the four factors, under the names of the web UI's extension
// (sd-webui-freeu): Backbone n Scale, Offset, Width; Skip n Scale, Cutoff, High End Scale.
import { UsageError } from './errors.ts';
import { FREEU_BOUNDS } from './freeu-bounds.ts';
import { show } from './show.ts';

/** One stage as it is asked for; what is left out holds as it does without. */
export type StageSettings = {
  /** Backbone factor and skip factor. */
  readonly b?: number;
  readonly s?: number;
  /** Where the window of scaled channels begins and how wide it is, shares of all channels; with neither the first half is scaled. */
  readonly offset?: number;
  readonly width?: number;
  /** Share of the skip's spectrum that counts as low. */
  readonly cutoff?: number;
  /** Factor of the skip's other frequencies. */
  readonly high?: number;
};

export type Stages = readonly [StageSettings, StageSettings, StageSettings];

const BOUNDS: Readonly<Record<keyof StageSettings, readonly [number, number]>> = {
  b: FREEU_BOUNDS,
  s: FREEU_BOUNDS,
  offset: [-1, 1],
  width: [-1, 1],
  cutoff: [0, 1],
  high: FREEU_BOUNDS,
};

const RULE = `write 3:b=1.1,s=0.8 with a stage from 1 to 3 and some of ${Object.entries(BOUNDS)
  .map(([name, [least, most]]) => `${name} (${least} to ${most})`)
  .join(', ')}`;

const isName = (name: string): name is keyof StageSettings => Object.hasOwn(BOUNDS, name);

const parseStage = (text: string, where: string): { readonly stage: 0 | 1 | 2; readonly settings: StageSettings } => {
  const wrong = (what: string): UsageError => new UsageError(`${where} ${show(text)}: ${what}; ${RULE}.`);
  const [, number, list = ''] = /^\s*([123])\s*:(.*)$/.exec(text) ?? [];
  if (number === undefined) throw wrong('no stage stands before a colon');
  const settings: { -readonly [K in keyof StageSettings]: StageSettings[K] } = {};
  for (const part of list.split(',')) {
    const [, name = '', value = ''] = /^\s*(\w+)\s*=\s*(\S+)\s*$/.exec(part) ?? [];
    if (!isName(name)) throw wrong(`${show(part.trim())} is no setting of a stage`);
    if (settings[name] !== undefined) throw wrong(`${name} stands there twice`);
    const [least, most] = BOUNDS[name];
    if (!(Number(value) >= least && Number(value) <= most)) throw wrong(`${name} must be a number from ${least} to ${most}`);
    settings[name] = Number(value);
  }
  return { stage: (Number(number) - 1) as 0 | 1 | 2, settings };
};

/**
 * Reads the values of `--freeu-stage`.
 * @param where how the user wrote the option, for messages
 * @throws UsageError for what is no stage, no setting, out of its range, or a stage that is named twice
 */
export const parseStages = (values: readonly string[], where = '--freeu-stage'): Stages => {
  const stages: [StageSettings, StageSettings, StageSettings] = [{}, {}, {}];
  const seen = new Set<number>();
  for (const text of values) {
    const { stage, settings } = parseStage(text, where);
    if (seen.has(stage)) throw new UsageError(`${where} names stage ${stage + 1} twice: put all of its settings into one.`);
    seen.add(stage);
    stages[stage] = settings;
  }
  return stages;
};

/** Settings that change nothing beside what holds without them. */
const NEUTRAL: StageSettings = { cutoff: 0, high: 1 };

const textOf = (stage: number, settings: StageSettings): string[] => {
  const parts = Object.entries(settings).filter(([name, value]) => value !== undefined && value !== NEUTRAL[name as keyof StageSettings]);
  return parts.length === 0 ? [] : [`${stage + 1}:${parts.map(([name, value]) => `${name}=${value}`).join(',')}`];
};

/**
 * Stages as values of the option, of stages 1 and 2 without b and s, which are two of FreeU's four factors; none for what changes nothing.
 */
export const stageTexts = ([first, second, third]: Stages): string[] => {
  const further = ({ b: _b, s: _s, ...rest }: StageSettings): StageSettings => rest;
  const { b = 1, s = 1, high = 1 } = third;
  return [first, second]
    .flatMap((settings, i) => textOf(i, further(settings)))
    .concat(b === 1 && s === 1 && high === 1 ? [] : textOf(2, third));
};
