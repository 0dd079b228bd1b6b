// Kind unet2d-freeu: the U-Net with FreeU's strengths, and the same graph with all of them at 1.
import { lazyNetwork } from '../../../models/runtime/lazy-network.ts';
import type { Tensor } from '../../../models/tensor.ts';
import { type Case, floats, type KindCheck, unknownIn } from '../case.ts';
import { compare } from '../compare.ts';
import { type FreeURules, freeuRules, NETWORK_INPUTS, NEUTRAL, openUNet, type Strengths, unetFeeds } from '../networks.ts';

type Options = Strengths & FreeURules;

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
  const skipped = unknownIn(c, OPTIONS, [...NETWORK_INPUTS, /^down_residual\.\d+$/, 'mid_residual']);
  if (skipped) return { skipped };
  const { stage, control_order, ...strengths } = c.options as Options;
  const graph = await openUNet(c.model, freeuRules({ stage, control_order }));
  const network = lazyNetwork(await context.runtime(), graph);
  try {
    const residuals = residualsOf(c);
    const { eps: sample } = await network.run(unetFeeds(graph, c, strengths, residuals), ['eps']);
    const { eps: plain } = await network.run(unetFeeds(graph, c, NEUTRAL, residuals), ['eps']);
    return compare(c, { sample: sample as Tensor, sample_without_freeu: plain as Tensor });
  } finally {
    await network.release();
  }
};
