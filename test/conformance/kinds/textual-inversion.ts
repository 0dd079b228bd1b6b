// Kind textual-inversion: new tokens in the tokenizers, and the text encoders' answer to prompts that use them.
import { join } from 'node:path';
import { openModelFolder } from '../../../models/open/model-folder.ts';
import { type KindCheck, unknownIn } from '../case.ts';
import { compare } from '../compare.ts';
import { runTexts } from '../whole-model.ts';

export const check: KindCheck = async (c, context) => {
  const skipped = unknownIn(c, { embeddings: 'any', prompts: 'any' }, []);
  if (skipped) return { skipped };
  const files = c.options.embeddings as readonly { readonly file: string; readonly token: string; readonly form: string }[];
  // SDXL's files do not name their token
  const embeddings = files.map(({ file, token, form }) => ({ path: join(c.folder, file), ...(form === 'safetensors-xl' && { token }) }));
  const model = await openModelFolder(c.model ?? '', { controls: [], embeddings });
  const prompts = c.options.prompts as readonly string[];
  const ids = Object.fromEntries(
    model.texts.map(({ tokenizer }, i) => {
      const data = BigInt64Array.from(
        prompts.flatMap(prompt => tokenizer.encode(prompt).ids),
        BigInt,
      );
      return [i === 0 ? 'input_ids' : 'input_ids_2', { dims: [prompts.length, tokenizer.length], data }];
    }),
  );
  const vectors = model.embeddings.flatMap(({ token, vectors, second }) =>
    second
      ? [
          [`embedding.${token}.clip_l`, vectors],
          [`embedding.${token}.clip_g`, second],
        ]
      : [[`embedding.${token}`, vectors]],
  );
  const read = await runTexts({ ...c, inputs: ids }, model.texts, context);
  return compare(c, { ...Object.fromEntries(vectors), ...ids, ...read });
};
