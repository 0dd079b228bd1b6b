// Kind lora: U-Net and text encoders with low-rank files merged in, from every format that is met.
import { join } from 'node:path';
import { openModelFolder } from '../../../models/open/model-folder.ts';
import { type KindCheck, unknownIn } from '../case.ts';
import { compare } from '../compare.ts';
import { NETWORK_INPUTS, runOnce, unetFeeds } from '../networks.ts';
import { runTexts } from '../whole-model.ts';

type Entry = { readonly file: string; readonly scale: number };

export const check: KindCheck = async (c, context) => {
  const skipped = unknownIn(c, { loras: 'any' }, [...NETWORK_INPUTS, 'input_ids', 'input_ids_2']);
  if (skipped) return { skipped };
  const uses = (c.options.loras as readonly Entry[]).map(({ file, scale }) => ({ path: join(c.folder, file), weight: scale }));
  const open = (loras: typeof uses) => openModelFolder(c.model ?? '', { controls: [], unet: { freeu: 'off' }, loras });
  const [plain, changed] = [await open([]), await open(uses)];
  const sampleOf = async ({ unet: { graph } }: typeof plain) => (await runOnce(graph, unetFeeds(graph, c), context)).eps!;
  return compare(c, {
    sample: await sampleOf(changed),
    sample_without_lora: await sampleOf(plain),
    ...(await runTexts(c, changed.texts, context)),
  });
};
