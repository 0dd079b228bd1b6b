// Kind unet2d: one call of the U-Net, without FreeU.
import { type KindCheck, unknownIn } from '../case.ts';
import { compare } from '../compare.ts';
import { NETWORK_INPUTS, openUNet, runOnce, unetFeeds } from '../networks.ts';

export const check: KindCheck = async (c, context) => {
  const skipped = unknownIn(c, {}, NETWORK_INPUTS);
  if (skipped) return { skipped };
  const graph = await openUNet(c.model, { freeu: 'off' }, c);
  const { eps } = await runOnce(graph, unetFeeds(graph, c), context);
  return compare(c, eps ? { sample: eps } : {});
};
