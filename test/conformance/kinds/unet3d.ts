// Kind unet3d: one call of the U-Net of clips, with FreeU where the case has it (diffusers' rule: version 1, by up block).
import { openNetworkFolder } from '../../../models/networks/folder.ts';
import { unet3d } from '../../../models/networks/unet3d.ts';
import { unet3dConfig } from '../../../models/networks/unet3d-config.ts';
import { type KindCheck, unknownIn } from '../case.ts';
import { compare } from '../compare.ts';
import { NETWORK_INPUTS, NEUTRAL, runOnce, type Strengths, unetFeeds } from '../networks.ts';

export const check: KindCheck = async (c, context) => {
  const skipped = unknownIn(c, { freeu: 'any' }, NETWORK_INPUTS);
  if (skipped) return { skipped };
  const { config, weights } = await openNetworkFolder(c.model ?? '');
  const graph = unet3d(unet3dConfig(config), weights);
  const strengths = { ...NEUTRAL, ...((c.options.freeu ?? {}) as Partial<Strengths>) };
  const { eps } = await runOnce(graph, unetFeeds(graph, c, strengths), context);
  return compare(c, eps ? { sample: eps } : {});
};
