// Reads tokenizer.json, a whole tokenizer in one file, as what CLIP's older files say: vocabulary, merges, and a tokenizer_config.
import { show } from '../../config/show.ts';
import { WORD_END } from './byte-pairs.ts';

type Json = Readonly<Record<string, unknown>>;
/** Makes the error that names the file. */
type Fail = (reason: string) => Error;

export type WholeTokenizer = {
  /** Token -> id, unchecked. */
  readonly vocabulary: Json;
  /** `left right`, in the order of rank. */
  readonly merges: readonly string[];
  /** In the form of tokenizer_config.json; keys that the file says nothing of are absent. */
  readonly config: Json;
};

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** A merge is `left right` in older files, [left, right] in newer ones. */
const mergeText = (merge: unknown): string | undefined => {
  if (typeof merge === 'string') return merge;
  return Array.isArray(merge) && merge.length === 2 && merge.every(part => typeof part === 'string') ? merge.join(' ') : undefined;
};

/** The vocabulary of a model of CLIP's byte pairs. @throws through `fail` for every other kind, by its name */
const checkModel = (model: Json, fail: Fail): Json => {
  const { type = 'BPE', vocab: vocabulary } = model;
  if (type !== 'BPE') throw fail(`is a tokenizer of type ${show(type)}; text encoders here read CLIP's, of type "BPE"`);
  if (!isObject(vocabulary)) throw fail('has a model without a vocab');
  const ends = model.end_of_word_suffix || (Object.keys(vocabulary).some(token => token.endsWith(WORD_END)) ? WORD_END : undefined);
  if (ends !== WORD_END) throw fail(`marks the ends of words with ${show(ends)}; CLIP's tokenizers do with "${WORD_END}"`);
  for (const rule of ['continuing_subword_prefix', 'byte_fallback', 'dropout']) {
    if (model[rule]) throw fail(`has ${rule} ${show(model[rule])}, which CLIP's tokenizers do not`);
  }
  return vocabulary;
};

/** The tokens that a post-processor puts around a prompt: `cls` and `sep` of RoBERTa's, or a template's first and last. */
const around = (processor: unknown): { readonly start?: unknown; readonly end?: unknown } => {
  if (!isObject(processor)) return {};
  if (processor.type === 'Sequence')
    return (
      listOf(processor.processors)
        .map(around)
        .find(found => found.start !== undefined) ?? {}
    );
  if (Array.isArray(processor.cls)) return { start: processor.cls[0], end: listOf(processor.sep)[0] };
  const names = listOf(processor.single).map(piece =>
    isObject(piece) && isObject(piece.SpecialToken) ? piece.SpecialToken.id : undefined,
  );
  return names.length < 3 ? {} : { start: names[0], end: names.at(-1) };
};

/** `added_tokens` as the `added_tokens_decoder` of a config: id -> { content, special }. */
const decoderOf = (tokens: readonly unknown[], fail: Fail): Json =>
  Object.fromEntries(
    tokens.map(token => {
      const { id, content } = isObject(token) ? token : {};
      if (typeof id !== 'number' || !Number.isSafeInteger(id) || id < 0 || typeof content !== 'string')
        throw fail('has an added token without a whole number and a text');
      return [String(id), token];
    }),
  );

const lengthOf = ({ truncation, padding }: Json): unknown => {
  if (isObject(truncation) && typeof truncation.max_length === 'number') return truncation.max_length;
  return isObject(padding) && isObject(padding.strategy) ? padding.strategy.Fixed : undefined;
};

/** @throws through `fail` for a tokenizer that is not CLIP's kind of byte pairs, and for parts that have another form */
export const wholeTokenizer = (json: Json, fail: Fail): WholeTokenizer => {
  const { model, padding } = json;
  if (!isObject(model)) throw fail('has no model');
  const vocabulary = checkModel(model, fail);
  const merges = listOf(model.merges).map(merge => {
    const text = mergeText(merge);
    if (text === undefined) throw fail(`has a merge ${show(merge)}, expects two texts`);
    return text;
  });
  const { start, end } = around(json.post_processor);
  const said = {
    bos_token: start,
    eos_token: end,
    unk_token: model.unk_token,
    pad_token: isObject(padding) ? padding.pad_token : undefined,
    model_max_length: lengthOf(json),
    added_tokens_decoder: decoderOf(listOf(json.added_tokens), fail),
  };
  const config = Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined && value !== null));
  return { vocabulary, merges, config };
};
