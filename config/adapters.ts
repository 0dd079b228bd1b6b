// How LoRAs and embeddings are written on the command line: PATH[:weight] and PATH[:token].
import { UsageError } from './errors.ts';

/** A LoRA's file or folder and how strongly it is applied. */
export type LoraSpec = { readonly path: string; readonly weight: number };

/** An embedding's file or folder; without a token the file's own. */
export type EmbeddingSpec = { readonly path: string; readonly token?: string };

const STRONGEST = 20;

/** Splits at the last colon where what follows is of the form, which what follows a drive's letter is not: `C:\styles\ink`. */
const splitAtColon = (value: string, form: RegExp): [path: string, rest: string | undefined] => {
  const at = value.lastIndexOf(':');
  const [path, rest] = [value.slice(0, at), value.slice(at + 1)];
  return at < 0 || !form.test(rest) ? [value, undefined] : [path, rest];
};

/**
 * Reads the values of `--lora`: `ink.safetensors`, `ink.safetensors:0.8`, `C:\styles\ink.safetensors:-1`. The weight is 1 by default.
 * @throws UsageError for an empty path or a weight outside -20 to 20
 */
export const parseLoras = (values: readonly string[]): LoraSpec[] =>
  values.map(value => {
    const [path, weight = '1'] = splitAtColon(value, /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i);
    if (path.trim() === '') throw new UsageError(`--lora ${value}: no file before the weight; write --lora FILE:WEIGHT.`);
    if (Math.abs(Number(weight)) > STRONGEST) {
      throw new UsageError(`--lora ${value}: the weight must be a number from -${STRONGEST} to ${STRONGEST}.`);
    }
    return { path, weight: Number(weight) };
  });

/**
 * Reads the values of `--embedding`: `learned_embeds.bin`, `C:\tokens\ink.pt:<ink>`.
 * @throws UsageError for an empty path or token
 */
export const parseEmbeddings = (values: readonly string[]): EmbeddingSpec[] =>
  values.map(value => {
    const [path, token] = splitAtColon(value, /^[^\\/]*$/);
    if (path.trim() === '' || token?.trim() === '') throw new UsageError(`--embedding ${value}: write --embedding FILE or FILE:TOKEN.`);
    return token === undefined ? { path } : { path, token };
  });
