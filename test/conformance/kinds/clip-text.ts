// Kind clip-text: hidden states of the text encoder, perhaps without its last layers.
import { clipText, clipTextConfig } from '../../../models/networks/clip-text.ts';
import { openNetworkFolder } from '../../../models/networks/folder.ts';
import { integers, type KindCheck, unknownIn } from '../case.ts';
import { compare } from '../compare.ts';
import { runOnce } from '../networks.ts';

export const check: KindCheck = async (c, context) => {
  const skipped = unknownIn(c, { clip_skip: 'number' }, ['input_ids']);
  if (skipped) return { skipped };
  const { config, weights } = await openNetworkFolder(c.model ?? '');
  const graph = clipText(clipTextConfig(config), weights, { clipSkip: c.options.clip_skip as number });
  return compare(c, await runOnce(graph, { input_ids: integers(c, 'input_ids') }, context));
};
