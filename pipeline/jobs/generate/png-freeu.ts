// FreeU in a picture's text: the fields of the web UI's extension (sd-webui-freeu), those of Forge, and this program's own,
// which are exact.
import { UsageError } from '../../../config/errors.ts';
import { parseStages, type StageSettings } from '../../../config/freeu-stages.ts';
import { isObject, parseJson } from '../../../config/json.ts';
import type { FreeUStrengths } from '../../../config/option.ts';
import type { Options, PartialOptions } from '../../../config/options.ts';

/** A stage as the extension writes it, and what is left out there. */
const STAGE = {
  backbone_factor: 1,
  skip_factor: 1,
  backbone_offset: 0,
  backbone_width: 0.5,
  skip_cutoff: 0,
  skip_high_end_factor: 1,
} as const;
type Stage = Record<keyof typeof STAGE, number>;
const KEYS = Object.keys(STAGE) as (keyof Stage)[];

/** As Python writes floats, by which the extension tells shares of the steps from numbers of steps. */
const float = (value: number): string => (Number.isInteger(value) ? `${value}.0` : String(value));

const stagesJson = (stages: readonly Stage[]): string => {
  const texts = stages.map(stage => `{${KEYS.flatMap(key => (stage[key] === STAGE[key] ? [] : `"${key}": ${stage[key]}`)).join(', ')}}`);
  const last = texts.findLastIndex(text => text !== '{}');
  return `[${texts.slice(0, last + 1).join(', ')}]`;
};

type FreeUOptions = Pick<Options, 'freeuStage' | 'freeuStages' | 'freeuOrder' | 'freeuVersion' | 'freeuStart' | 'freeuEnd' | 'freeuSmooth'>;

/** The fields of a picture that was drawn with these factors. */
export const freeuFields = (freeu: FreeUStrengths, options: FreeUOptions): [string, string | undefined][] => {
  const { freeuStage, freeuStages, freeuOrder, freeuVersion, freeuStart, freeuEnd, freeuSmooth } = options;
  const [first, second, third] = parseStages(freeuStage);
  const stage = (b: number, s: number, { offset = 0, width = 0.5, cutoff = 0, high = 1 }: StageSettings): Stage => ({
    backbone_factor: b,
    skip_factor: s,
    backbone_offset: offset,
    backbone_width: width,
    skip_cutoff: cutoff,
    skip_high_end_factor: high,
  });
  const stages = [stage(freeu.b1, freeu.s1, first), stage(freeu.b2, freeu.s2, second), stage(third.b ?? 1, third.s ?? 1, third)];
  return [
    ['FreeU Stages', stagesJson(stages)],
    ['FreeU Schedule', [freeuStart, freeuEnd, freeuSmooth].map(float).join(', ')],
    ['FreeU Version', String(freeuVersion)],
    ['FreeU', `${freeu.b1},${freeu.b2},${freeu.s1},${freeu.s2}`],
    ['FreeU further', freeuStage.length > 0 ? freeuStage.join(' ') : undefined],
    ['FreeU layers', freeuStages],
    ['FreeU order', freeuOrder],
  ];
};

export type Fields = ReadonlyMap<string, string>;

/** Values that a text says, none of them checked yet. */
type Said = { readonly [K in keyof PartialOptions]?: unknown };

const isStage = (value: unknown): value is Partial<Stage> =>
  isObject(value) && Object.entries(value).every(([key, number]) => KEYS.some(known => known === key) && typeof number === 'number');

/** `0.2, 0.8, 0.5`: a number with a point is a share of the steps, one without a step. */
const scheduleOf = (text: string, steps: number): Said => {
  const [start = '0.0', end = '1.0', smooth = '0.0'] = text.split(',').map(part => part.trim());
  const share = (part: string): number => (/^\d+$/.test(part) ? Math.min(1, Number(part) / steps) : Number(part));
  return { freeuStart: share(start), freeuEnd: share(end), freeuSmooth: Number(smooth) };
};

/** The extension's stages as options: its window has both ends, so a stage that scales its backbone names it. */
const stagesOf = (stages: readonly Partial<Stage>[]): Said => {
  const [first, second, third] = [0, 1, 2].map(i => ({ ...STAGE, ...stages[i] }) as Stage) as [Stage, Stage, Stage];
  const further = [first, second, third].flatMap((stage, i) => {
    const scaled = stage.backbone_factor !== 1;
    const parts = [
      ...(i === 2 && scaled ? [`b=${stage.backbone_factor}`] : []),
      ...(i === 2 && stage.skip_factor !== 1 ? [`s=${stage.skip_factor}`] : []),
      ...(scaled ? [`offset=${stage.backbone_offset % 1}`, `width=${Math.min(stage.backbone_width, 1)}`] : []),
      ...(stage.skip_cutoff > 0 ? [`cutoff=${stage.skip_cutoff}`] : []),
      ...(stage.skip_high_end_factor !== 1 ? [`high=${stage.skip_high_end_factor}`] : []),
    ];
    return parts.length > 0 ? [`${i + 1}:${parts.join(',')}`] : [];
  });
  const freeu = [first.backbone_factor, second.backbone_factor, first.skip_factor, second.skip_factor].join(',');
  return { freeu, freeuStage: further, freeuStages: 'channels' };
};

/** Names of fields that are read here. */
export const FREEU_FIELDS: readonly RegExp[] = [/^FreeU( |$)/, /^freeu_(enabled|b1|b2|s1|s2|start|end|version)$/];

/**
 * FreeU as a picture's text says it; off where it says nothing.
 * @throws for stages that are no JSON of stages
 */
export const freeuSaid = (fields: Fields, steps: number): Said => {
  const version = fields.get('FreeU Version') ?? fields.get('FreeU version');
  const schedule = fields.get('FreeU Schedule');
  const common = { ...(version && { freeuVersion: version }), ...(schedule && scheduleOf(schedule, steps)) };
  const own = fields.get('FreeU');
  if (own !== undefined) {
    const [further, layers, order] = ['FreeU further', 'FreeU layers', 'FreeU order'].map(name => fields.get(name));
    const rules = { ...(layers && { freeuStages: layers }), ...(order && { freeuOrder: order }) };
    return { freeu: own, freeuStage: further?.split(' ') ?? [], ...rules, ...common };
  }
  const stages = fields.get('FreeU Stages');
  if (stages !== undefined) {
    const parsed = parseJson(stages, reason => new UsageError(`FreeU Stages ${reason}`));
    if (!Array.isArray(parsed) || parsed.length > 3 || !parsed.every(isStage))
      throw new UsageError('FreeU Stages is no list of up to three stages');
    return { freeuVersion: '1', ...stagesOf(parsed), ...common }; // the extension's own default is version 1
  }
  const forge = ['b1', 'b2', 's1', 's2'].map(name => fields.get(`freeu_${name}`));
  if (forge.every(factor => factor !== undefined)) {
    const [start, end] = [fields.get('freeu_start'), fields.get('freeu_end')];
    const window = { ...(start && { freeuStart: start }), ...(end && { freeuEnd: end }) };
    return { freeu: forge.join(','), freeuStage: [], freeuVersion: '2', freeuStages: 'channels', ...window };
  }
  return { freeu: 'off' };
};
