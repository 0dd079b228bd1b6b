// FreeU (Si et al. 2023): scales the backbone's features and filters the skip's lowest frequencies, before they are joined.
// All factors are inputs of the graph: changing them rebuilds nothing, and 1, 1, 1, 1 is the identity. What else a stage may have, its
// form, is built only where it is asked for.
import { type ChannelWindow, windowedChannels } from '../../math/freeu-windows.ts';
import type { Graph } from '../../onnx/graph.ts';
import { reduce } from '../../onnx/ops/contract.ts';
import type { Value } from '../../onnx/value.ts';

/**
 * Which up-block layers a stage is.
 * - `'channels'`: h has 4 or 2 times the first block's channels (the paper's 1280 and 640; every width has its stages)
 * - `'blocks'`: up block 0 and up block 1 (diffusers)
 */
export type FreeUStages = 'channels' | 'blocks';

/**
 * Where the filter of a skip stands beside the ControlNets' residual, which is added to the same skip.
 * - `'before-control'`: filter(skip) + control (Rerender)
 * - `'after-control'`: filter(skip + control) (diffusers)
 */
export type FreeUOrder = 'before-control' | 'after-control';

/** What a stage has beside its two factors. It decides operators: another form is another graph. */
export type StageForm = {
  /** Channels of the backbone that are scaled; default the first half. */
  readonly window?: ChannelWindow;
  /** How much of the skip's spectrum counts as low, 0 (default: the four lowest frequencies) to 1 (all); see `filterSkip`. */
  readonly cutoff?: number;
  /** Gives the frequencies outside of the box a factor, too: an input `h1`, `h2` or `h3`. Default false. */
  readonly high?: boolean;
};

/** The forms of stages 1, 2 and 3; a third stage (h as wide as the first block, or up block 2) is built only where it is named. */
export type FreeUForms = readonly [first?: StageForm | undefined, second?: StageForm | undefined, third?: StageForm | undefined];

/** The factors of one stage, scalars: backbone, skip, skip outside of the box; and the version (1 to 2) that all stages share. */
export type Strength = {
  readonly b: Value;
  readonly s: Value;
  readonly high?: Value | undefined;
  readonly version: Value;
  readonly form?: StageForm | undefined;
};

export type FreeU = {
  readonly stages: FreeUStages;
  readonly strengths: readonly [Strength, Strength, Strength?];
};

/** Declares b1, b2, s1, s2 and freeu_version as scalar inputs; b3, s3 and h1, h2, h3 where the forms ask for them. */
export const freeuInputs = (g: Graph, stages: FreeUStages, forms: FreeUForms = []): FreeU => {
  const version = g.input('freeu_version', []);
  const [b1, b2, s1, s2] = ['b1', 'b2', 's1', 's2'].map(name => g.input(name, [])) as [Value, Value, Value, Value];
  const third = forms[2] && { b: g.input('b3', []), s: g.input('s3', []) };
  const stage = (factors: { readonly b: Value; readonly s: Value }, i: 0 | 1 | 2): Strength => {
    const form = forms[i];
    return { ...factors, version, ...(form && { form }), ...(form?.high && { high: g.input(`h${i + 1}`, []) }) };
  };
  const both = [stage({ b: b1, s: s1 }, 0), stage({ b: b2, s: s2 }, 1)] as const;
  return { stages, strengths: third ? [...both, stage(third, 2)] : both };
};

/** The strength for features of so many channels in an up block; undefined where FreeU leaves them alone. */
export const strengthAt = (
  { stages, strengths }: FreeU,
  upBlock: number,
  channels: number,
  firstChannels: number,
): Strength | undefined => {
  if (stages === 'blocks') return strengths[upBlock];
  const stage = [4, 2, 1].findIndex(times => channels === times * firstChannels);
  return strengths[stage];
};

const LEAST_SPREAD = 1e-30; // a constant map (a single pixel) is 0 / 1e-30 = 0; any real spread swallows it

/**
 * Some channels of h [n, c, h, w], the first half or those of a window, times a factor, and the others as they are: values to be joined.
 * Version 1: the factor is b. Version 2 (the paper's "structure-related scaling"): 1 + (b - 1) m, with m the mean over all channels,
 * min-max normalised over each sample's map. Both are base + gain m, and exactly 1 where b is; a version between 1 and 2 blends them.
 */
export const scaleBackbone = (h: Value, strength: Strength): Value[] => {
  const { base, gain } = factorOf(strength);
  const mean = reduce('Mean', h, [1]); // [n, 1, h, w]
  const low = reduce('Min', mean, [2, 3]); // [n, 1, 1, 1]
  const spread = reduce('Max', mean, [2, 3]).sub(low).add(LEAST_SPREAD);
  const factor = mean.sub(low).mul(gain.div(spread)).add(base); // [n, 1, h, w]
  const channels = h.size(1);
  const { first, end, inside } = windowedChannels(strength.form?.window, channels);
  const runs = [
    { from: 0, to: first, scaled: !inside },
    { from: first, to: end, scaled: inside },
    { from: end, to: channels, scaled: !inside },
  ].filter(({ from, to }) => from < to);
  return runs.map(({ from, to, scaled }) => (scaled ? h.slice(1, from, to).mul(factor) : h.slice(1, from, to)));
};

/** Version 1: base b, gain 0. Version 2: base 1, gain b - 1. Computed once for all layers of a stage. */
const factorOf = ({ b, version }: Strength): { base: Value; gain: Value } => {
  const g = b.graph;
  const excess = g.memo(`${b.name} - 1`, () => b.sub(1));
  const second = g.memo('freeu_version - 1', () => version.sub(1));
  const gain = g.memo(`gain of ${b.name}`, () => excess.mul(second));
  return { gain, base: g.memo(`base of ${b.name}`, () => excess.sub(gain).add(1)) };
};
