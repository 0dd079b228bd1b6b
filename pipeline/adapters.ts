// What a run's LoRAs and embeddings are, and what the user should hear of them.
import { type EmbeddingSpec, type LoraSpec, parseEmbeddings, parseLoras } from '../config/adapters.ts';
import type { Options } from '../config/options.ts';
import type { ModelInfo } from '../models/diffusion-model.ts';
import type { Listener } from './events.ts';

/** @throws UsageError for a value that is not of the form */
export const adaptersOf = ({ lora, embedding }: Options): { readonly loras: LoraSpec[]; readonly embeddings: EmbeddingSpec[] } => ({
  loras: parseLoras(lora),
  embeddings: parseEmbeddings(embedding),
});

/** Warns of files that fit only in part, and of tokens that no prompt uses. */
export const tellAdapters = ({ warnings, newTokens }: ModelInfo, prompts: readonly string[], emit: Listener): void => {
  const text = prompts.join('\n').toLowerCase();
  const idle = newTokens.filter(token => !text.includes(token.toLowerCase()));
  const unused = idle.map(token => `no prompt has the token ${token} of --embedding: it changes nothing`);
  for (const message of [...warnings, ...unused]) emit({ type: 'warning', message });
};
