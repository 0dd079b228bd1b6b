// Kind unet2d-freeu: the U-Net with FreeU's strengths, and the same graph with all of them at 1. Cases with `stages` name the settings of
// each stage, and a ratio by which all factors are moved towards 1.
import { factorAt } from '../../../models/denoise/freeu.ts';
import type { FreeUForms, StageForm } from '../../../models/networks/blocks/freeu.ts';
import { lazyNetwork } from '../../../models/runtime/lazy-network.ts';
import type { Tensor } from '../../../models/tensor.ts';
import { type Case, floats, type KindCheck, unknownIn } from '../case.ts';
import { compare } from '../compare.ts';
import { type FreeURules, freeuRules, NETWORK_INPUTS, NEUTRAL, openUNet, type Strengths, unetFeeds } from '../networks.ts';

type Options = Strengths & FreeURules;

type Stage = Readonly<Record<'b' | 's' | 'offset' | 'width' | 'cutoff' | 'high', number>>;
type Staged = Pick<FreeURules, 'control_order'> & {
  readonly version: number;
  readonly stages: readonly [Stage, Stage, Stage];
  readonly ratio: number;
};

const isStage = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && ['b', 's', 'offset', 'width', 'cutoff', 'high'].every(name => name in value);

const STAGED = {
  version: [1, 2],
  control_order: ['control-first', 'filter-first'],
  stages: (value: unknown) => Array.isArray(value) && value.length === 3 && value.every(isStage),
  ratio: 'number',
} as const;

/** A case's stages as the graph is built with them, and its factors. */
const staged = ({ version, stages, ratio }: Staged): { readonly forms: FreeUForms; readonly factors: Strengths } => {
  const at = (factor: number): number => factorAt(ratio, factor);
  const form = ({ offset, width, cutoff, high }: Stage): StageForm => ({ window: { offset, width }, cutoff, high: high !== 1 });
  const isNeutral = ({ b, s, high }: Stage): boolean => b === 1 && s === 1 && high === 1;
  const [first, second, third] = stages;
  const forms: FreeUForms = [form(first), form(second), isNeutral(third) ? undefined : form(third)];
  const factors = {
    ...{ b1: at(first.b), b2: at(second.b), b3: at(third.b) },
    ...{ s1: at(first.s), s2: at(second.s), s3: at(third.s) },
    ...{ h1: at(first.high), h2: at(second.high), h3: at(third.high) },
  };
  return { forms, factors: { ...factors, version } };
};

const OPTIONS = {
  version: [1, 2],
  stage: ['channels', 'block'],
  control_order: ['control-first', 'filter-first'],
  b1: 'number',
  b2: 'number',
  s1: 'number',
  s2: 'number',
} as const;

/** The ControlNet residuals that a case brings: skips in push order, then the middle's. */
const residualsOf = (c: Case): Tensor[] => {
  const count = Object.keys(c.inputs).filter(name => name.startsWith('down_residual.')).length;
  if (count === 0) return [];
  return [...Array.from({ length: count }, (_, k) => floats(c, `down_residual.${k}`)), floats(c, 'mid_residual')];
};

export const check: KindCheck = async (c, context) => {
  const plus = 'stages' in c.options;
  const skipped = unknownIn(c, plus ? STAGED : OPTIONS, [...NETWORK_INPUTS, /^down_residual\.\d+$/, 'mid_residual']);
  if (skipped) return { skipped };
  const { stage = 'channels', control_order, ...strengths } = c.options as Options;
  const { forms, factors } = plus ? staged(c.options as Staged) : { forms: [] as const, factors: strengths };
  const graph = await openUNet(c.model, { ...freeuRules({ stage, control_order }), freeuForms: forms }, c);
  const network = lazyNetwork(await context.runtime(), graph);
  try {
    const residuals = residualsOf(c);
    const { eps: sample } = await network.run(unetFeeds(graph, c, factors, residuals), ['eps']);
    const { eps: plain } = await network.run(unetFeeds(graph, c, NEUTRAL, residuals), ['eps']);
    return compare(c, { sample: sample as Tensor, sample_without_freeu: plain as Tensor });
  } finally {
    await network.release();
  }
};
