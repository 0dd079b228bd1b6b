// FreeU's factors: how the layers of options make up the four that are used, and what the further settings of its stages are.
import { UsageError } from './errors.ts';
import { type FreeURows, rerenderRow } from './freeu-rows.ts';
import { parseStages, type Stages, stageTexts } from './freeu-stages.ts';
import type { FreeUSetting, FreeUStrengths, SettledFreeU } from './option.ts';
import { type Origin, originText } from './origin.ts';

/** Options that set one factor each. */
export const FACTOR_OPTIONS = { freeuB1: 'b1', freeuB2: 'b2', freeuS1: 's1', freeuS2: 's2' } as const satisfies Record<
  string,
  keyof FreeUStrengths
>;
type FactorOption = keyof typeof FACTOR_OPTIONS;

/** What a layer says of FreeU, every value by its rule. */
export type FreeULayer = {
  readonly origin: Origin;
  readonly values: { readonly freeu?: FreeUSetting; readonly freeuStage?: readonly string[] } & { readonly [K in FactorOption]?: number };
};

/** Which row of factors holds, and why. */
export type FreeUChoice = {
  /**
   * `off`; `given`: four factors that somebody named; `model`: those that the model recommends; `authors`, `rerender`: by these names;
   * `auto`: those of the model's family, as the job takes them.
   */
  readonly row: 'off' | 'given' | 'model' | 'authors' | 'rerender' | 'auto';
  /** In words. */
  readonly why: string;
};

export type SettledFactors = {
  readonly freeu: SettledFreeU;
  readonly stages: readonly string[];
  /** Of the four factors, apart from single ones. */
  readonly origin: Origin;
  readonly choice: FreeUChoice;
};

type Setting = Pick<SettledFactors, 'freeu' | 'origin' | 'choice'>;

/** Factors that a layer sets one by one: in a stage, or by an option of their own, which goes first. */
const singleFactors = ({ values }: FreeULayer, [first, second]: Stages): Partial<FreeUStrengths> => {
  const staged = { b1: first.b, s1: first.s, b2: second.b, s2: second.s };
  const own = Object.entries(FACTOR_OPTIONS).map(([option, factor]) => [factor, values[option as FactorOption] ?? staged[factor]]);
  return Object.fromEntries(own.filter(([, value]) => value !== undefined));
};

const settingOf = (freeu: Exclude<FreeUSetting, 'auto'>, origin: Origin, rows: FreeURows): Setting => {
  if (freeu === 'off') return { freeu, origin, choice: { row: 'off', why: originText(origin) } };
  if (freeu === 'authors') return { freeu: rows.authors.factors, origin, choice: { row: 'authors', why: rows.authors.why } };
  if (freeu === 'rerender') return { freeu: rerenderRow.factors, origin, choice: { row: 'rerender', why: rerenderRow.why } };
  if (origin.kind !== 'model') return { freeu, origin, choice: { row: 'given', why: originText(origin) } };
  return { freeu, origin, choice: { row: 'model', why: ['as the model recommends', origin.detail ?? []].flat().join(' ') } };
};

/**
 * FreeU's factors from the layers, strongest first. A factor overrides the setting of its own layer and of weaker ones. `auto` leaves the
 * setting to the model, or to the row of its family where the model says nothing. Stages of weaker layers than the setting do not hold.
 * @param rows what `auto` and `authors` stand for with the model in use
 * @param place how the user wrote an option of a layer, for messages
 * @throws UsageError for a factor or a stage where FreeU is off, and for a stage that breaks its rule
 */
export const settleFreeU = (
  layers: readonly FreeULayer[],
  rows: FreeURows,
  place: (layer: FreeULayer, option: FactorOption | 'freeuStage') => string,
): SettledFactors => {
  let factors: Partial<FreeUStrengths> = {};
  let staged: Stages | undefined;
  let overriding: string | undefined; // the place of the first factor, or stage
  let setting: Setting = {
    freeu: rows.auto.factors,
    origin: { kind: 'default', detail: rows.auto.why },
    choice: { row: 'auto', why: rows.auto.why },
  };
  let modelOnly = false;
  for (const layer of layers) {
    if (modelOnly && layer.origin.kind !== 'model') continue;
    const { freeu, freeuStage = [] } = layer.values;
    const stages = parseStages(freeuStage, place(layer, 'freeuStage'));
    factors = { ...singleFactors(layer, stages), ...factors };
    const named = (Object.keys(FACTOR_OPTIONS) as FactorOption[]).find(option => layer.values[option] !== undefined);
    if (named !== undefined) overriding ??= place(layer, named);
    if (layer.values.freeuStage !== undefined) staged ??= stages;
    if (freeuStage.length > 0) overriding ??= place(layer, 'freeuStage');
    if (freeu === 'auto') modelOnly = true;
    else if (freeu !== undefined) {
      setting = settingOf(freeu, layer.origin, rows);
      break;
    }
  }
  const { freeu, origin, choice } = setting;
  if (freeu !== 'off') return { freeu: { ...freeu, ...factors }, stages: staged ? stageTexts(staged) : [], origin, choice };
  if (overriding === undefined) return { ...setting, stages: [] };
  const row = origin.kind === 'model' ? 'authors' : 'auto'; // auto is what the model says
  throw new UsageError(
    `${overriding} sets a factor of FreeU, which is off (${originText(origin)}): ` +
      `give all four with --freeu b1,b2,s1,s2, or --freeu ${row}.`,
  );
};

/** FreeU in a few characters: `1.2,1.4,0.9,0.2`, or `off`. */
export const freeuText = (freeu: FreeUStrengths | 'off'): string =>
  typeof freeu === 'string' ? freeu : `${freeu.b1},${freeu.b2},${freeu.s1},${freeu.s2}`;
