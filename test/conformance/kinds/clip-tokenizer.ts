// Kind clip-tokenizer: ids of difficult prompts.
import { loadTokenizer } from '../../../models/text/tokenizer.ts';
import { type KindCheck, unknownIn } from '../case.ts';
import { compare } from '../compare.ts';

export const check: KindCheck = async c => {
  const tokenizer = await loadTokenizer(c.model ?? '');
  const skipped = unknownIn(c, { prompts: 'any', max_length: [tokenizer.length] }, []);
  if (skipped) return { skipped };
  const prompts = c.options.prompts as readonly string[];
  const ids = prompts.flatMap(prompt => tokenizer.encode(prompt).ids);
  return compare(c, { input_ids: { dims: [prompts.length, tokenizer.length], data: BigInt64Array.from(ids, BigInt) } });
};
