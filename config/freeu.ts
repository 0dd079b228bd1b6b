// FreeU's factors: which hold where nobody names any, and how the layers of options make up the four that are used.
import { UsageError } from './errors.ts';
import type { FreeUSetting, FreeUStrengths, SettledFreeU } from './option.ts';
import { type Origin, originText } from './origin.ts';

/** Factors where neither the user nor the model names any: Rerender A Video's FreeU example, and diffusers' documentation of ModelScope. */
export const FREEU_DEFAULTS = {
  picture: { b1: 1.1, b2: 1.2, s1: 1, s2: 0.2 },
  video: { b1: 1.2, b2: 1.4, s1: 0.9, s2: 0.2 },
} as const;

/** The least and the most that a factor may be, in `--freeu`, in `--freeu-b1` ... and in a sweep. */
export const FREEU_BOUNDS = [0, 4] as const;

/** Options that set one factor each. */
export const FACTOR_OPTIONS = { freeuB1: 'b1', freeuB2: 'b2', freeuS1: 's1', freeuS2: 's2' } as const satisfies Record<
  string,
  keyof FreeUStrengths
>;
type FactorOption = keyof typeof FACTOR_OPTIONS;

/** What a layer says of FreeU, every value by its rule. */
export type FreeULayer = {
  readonly origin: Origin;
  readonly values: { readonly freeu?: FreeUSetting } & { readonly [K in FactorOption]?: number };
};

/**
 * FreeU's factors from the layers, strongest first. A factor overrides the setting of its own layer and of weaker ones. `auto` leaves the
 * setting to the model, or to the default where the model says nothing.
 * @param place how the user wrote an option of a layer, for messages
 * @returns the setting, and where it comes from apart from single factors
 * @throws UsageError for a factor where FreeU is off
 */
export const settleFreeU = (
  layers: readonly FreeULayer[],
  fallback: FreeUStrengths,
  place: (layer: FreeULayer, option: FactorOption) => string,
): { freeu: SettledFreeU; origin: Origin } => {
  const factors: Partial<Record<keyof FreeUStrengths, number>> = {};
  let overriding: string | undefined; // the first factor's place
  let setting: { freeu: SettledFreeU; origin: Origin } = { freeu: fallback, origin: { kind: 'default' } };
  let modelOnly = false;
  for (const layer of layers) {
    if (modelOnly && layer.origin.kind !== 'model') continue;
    for (const [option, factor] of Object.entries(FACTOR_OPTIONS) as [FactorOption, keyof FreeUStrengths][]) {
      const value = layer.values[option];
      if (value === undefined) continue;
      factors[factor] ??= value;
      overriding ??= place(layer, option);
    }
    const { freeu } = layer.values;
    if (freeu === 'auto') modelOnly = true;
    else if (freeu !== undefined) {
      setting = { freeu, origin: layer.origin };
      break;
    }
  }
  const { freeu, origin } = setting;
  if (freeu !== 'off') return { freeu: { ...freeu, ...factors }, origin };
  if (overriding === undefined) return setting;
  throw new UsageError(
    `${overriding} sets a factor of FreeU, which is off (${originText(origin)}): give all four with --freeu b1,b2,s1,s2, or --freeu auto.`,
  );
};

/** FreeU in a few characters: `1.2,1.4,0.9,0.2`, or `off`. */
export const freeuText = (freeu: FreeUStrengths | 'off'): string =>
  typeof freeu === 'string' ? freeu : `${freeu.b1},${freeu.b2},${freeu.s1},${freeu.s2}`;
