// Kind single-file: a whole model in one file with LDM names; configs and tokenizer are those of a folder.
import { join } from 'node:path';
import { openModelFolder } from '../../../models/open/model-folder.ts';
import { type KindCheck, unknownIn } from '../case.ts';
import { compare } from '../compare.ts';
import { runWhole, WHOLE_INPUTS } from '../whole-model.ts';

export const check: KindCheck = async (c, context) => {
  const skipped = unknownIn(c, { file: 'text', half: [true, false] }, WHOLE_INPUTS);
  if (skipped) return { skipped };
  const options = { configs: c.model, unet: { freeu: 'off' } } as const;
  return compare(c, await runWhole(c, await openModelFolder(join(c.folder, String(c.options.file)), options), context));
};
