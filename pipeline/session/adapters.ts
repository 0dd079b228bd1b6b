// What a run's LoRAs and embeddings are, and what the user should hear of them.
import { type EmbeddingSpec, type LoraSpec, parseEmbeddings, parseLoras } from '../../config/adapters.ts';
import type { Options } from '../../config/options.ts';
import type { ModelInfo } from '../../models/model-info.ts';
import type { LibraryKind } from '../../models/open/model-library.ts';
import { locate } from './locate-model.ts';

type Adapters = { readonly loras: LoraSpec[]; readonly embeddings: EmbeddingSpec[] };

const located = <T extends { readonly path: string }>(uses: readonly T[], kind: LibraryKind, folders: readonly string[]): Promise<T[]> =>
  Promise.all(uses.map(async use => ({ ...use, path: await locate(use.path, kind, folders) })));

/** @throws UsageError for a value that is not of the form; RerenderError for an id of the hub that was not downloaded */
export const adaptersOf = async ({ lora, embedding, modelFolders }: Options): Promise<Adapters> => ({
  loras: await located(parseLoras(lora), 'LoRA', modelFolders),
  embeddings: await located(parseEmbeddings(embedding), 'embedding', modelFolders),
});

/** Warns of files that fit only in part, and of tokens that no prompt uses. */
export const tellAdapters = ({ warnings, newTokens }: ModelInfo, prompts: readonly string[], warn: (message: string) => void): void => {
  const text = prompts.join('\n').toLowerCase();
  const idle = newTokens.filter(token => !text.includes(token.toLowerCase()));
  const unused = idle.map(token => `no prompt has the token ${token} of --embedding: it changes nothing`);
  for (const message of [...warnings, ...unused]) warn(message);
};
