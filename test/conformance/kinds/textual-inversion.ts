// Kind textual-inversion: new tokens in the tokenizer, and the text encoder's answer to prompts that use them.
import { join } from 'node:path';
import { openModelFolder } from '../../../models/open/model-folder.ts';
import { type KindCheck, unknownIn } from '../case.ts';
import { compare } from '../compare.ts';
import { runOnce } from '../networks.ts';

export const check: KindCheck = async (c, context) => {
  const skipped = unknownIn(c, { embeddings: 'any', prompts: 'any' }, []);
  if (skipped) return { skipped };
  const files = c.options.embeddings as readonly { readonly file: string }[];
  const embeddings = files.map(({ file }) => ({ path: join(c.folder, file) }));
  const model = await openModelFolder(c.model ?? '', { controls: [], embeddings });
  const prompts = c.options.prompts as readonly string[];
  const ids = prompts.flatMap(prompt => model.tokenizer.encode(prompt).ids);
  const input_ids = { dims: [prompts.length, model.tokenizer.length], data: BigInt64Array.from(ids, BigInt) };
  const { last_hidden_state } = await runOnce(model.text.graph, { input_ids }, context);
  const vectors = model.embeddings.map(({ token, vectors }) => [`embedding.${token}`, vectors] as const);
  return compare(c, { ...Object.fromEntries(vectors), input_ids, last_hidden_state: last_hidden_state! });
};
