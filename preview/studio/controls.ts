// The page's controls, from the table of options: what draws, and nothing that names a place on this machine.
import { FREEU_BOUNDS } from '../../config/freeu-bounds.ts';
import type { Job } from '../../config/jobs.ts';
import type { OptionSpec } from '../../config/option.ts';
import { OPTIONS, type OptionName, type PartialOptions } from '../../config/options.ts';
import { longFlag } from '../../config/parse.ts';
import { didYouMean } from '../../config/suggest.ts';
import { readBy } from '../../config/unread.ts';
import type { Control, Values } from '../api.ts';
import { Refused } from '../http/refuse.ts';

/** Options that say what a drawing is and that no model may set. */
const FURTHER: readonly OptionName[] = ['preset', 'seed', 'frames', 'followEdits', 'report', 'mix', 'onlyFade'];
/** Options that the page has hands of its own for: no control is made of them. */
const HANDS: readonly OptionName[] = ['keyframesAt', 'keyframeSeed', 'keyframe', 'anchorImage', 'only'];
/** Options that a model may set and that name files, stand for others, or belong to other commands. */
const ELSEWHERE: readonly OptionName[] = ['control', 'freeuB1', 'freeuB2', 'freeuS1', 'freeuS2', 'freeuStage', 'prediction', 'spacing'];

/** Shown without being asked for; the rest is folded away. */
const FIRST: readonly OptionName[] = [
  'style',
  'negativePrompt',
  'preset',
  'strength',
  'cfgScale',
  'steps',
  'seed',
  'controlScale',
  'interval',
  'propagate',
  'freeu',
  'freeuStart',
  'freeuEnd',
  'freeuVersion',
];

/** The options that have a control for a job. */
const controlled = (job: Job): readonly OptionName[] => {
  const open = readBy(job).filter(name => FURTHER.includes(name) || (OPTIONS[name] as OptionSpec).openTo === 'models');
  return [...FIRST.filter(name => open.includes(name)), ...open.filter(name => !FIRST.includes(name) && !ELSEWHERE.includes(name))];
};

/** The options that the page may set for a job. */
const settable = (job: Job): readonly OptionName[] => [...controlled(job), ...readBy(job).filter(name => HANDS.includes(name))];

const controlOf = (name: OptionName): Control => {
  const spec: OptionSpec = OPTIONS[name];
  const [least, most] = FREEU_BOUNDS;
  const bounds = 'min' in spec ? { min: spec.min, max: spec.max } : spec.type === 'freeu' ? { min: least, max: most } : {};
  const kind = spec.type === 'texts' || spec.type === 'device' || spec.type === 'time' ? 'text' : spec.type;
  return {
    name,
    flag: longFlag(spec),
    group: spec.group,
    help: spec.help,
    advanced: !FIRST.includes(name),
    kind,
    ...bounds,
    ...('unit' in spec && spec.unit !== undefined && { unit: spec.unit }),
    ...('choices' in spec && { choices: spec.choices }),
    ...('words' in spec && spec.words && { words: spec.words }),
    ...(spec.without !== undefined && { without: spec.without }),
  };
};

export const controlsOf = (job: Job): Control[] => controlled(job).map(controlOf);

/** What a page sends as options. Each value is checked by its option's own rule later on. @throws Refused for what the page may not set */
export const valuesFrom = (value: unknown, job: Job): PartialOptions => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Refused(400, 'values must be an object of options by their keys.');
  }
  const open: readonly string[] = settable(job);
  const unknown = Object.keys(value).find(name => !open.includes(name));
  if (unknown !== undefined) {
    const why = Object.hasOwn(OPTIONS, unknown) ? 'is not set from the page: give it on the command line' : 'is not an option';
    throw new Refused(400, `${unknown.slice(0, 80)} ${why}.${didYouMean(unknown.slice(0, 80), open)}`);
  }
  return value as Values as PartialOptions;
};
