// Rows of FreeU's factors: which numbers the authors and others publish, and which of them a model and a job take by themselves.
import { modelName } from './model-name.ts';
import type { FreeUStrengths } from './option.ts';

/** Four factors, and whose they are. */
export type FreeURow = { readonly factors: FreeUStrengths; readonly why: string };

const row = (b1: number, b2: number, s1: number, s2: number): FreeUStrengths => ({ b1, b2, s1, s2 });

/**
 * What FreeU's authors publish for each model (github.com/ChenyangSi/FreeU), and what diffusers' documentation has for ModelScope.
 */
const AUTHORS = {
  '1.4': { factors: row(1.3, 1.4, 0.9, 0.2), model: 'Stable Diffusion 1.4' },
  '1.5': { factors: row(1.5, 1.6, 0.9, 0.2), model: 'Stable Diffusion 1.5' },
  '2.1': { factors: row(1.4, 1.6, 0.9, 0.2), model: 'Stable Diffusion 2.1' },
  xl: { factors: row(1.3, 1.4, 0.9, 0.2), model: 'SDXL' },
  video: { factors: row(1.2, 1.4, 0.9, 0.2), model: 'ModelScope' },
} as const;

type Base = keyof typeof AUTHORS;

/** Those of Rerender A Video's example with FreeU. */
const RERENDER: FreeUStrengths = row(1.1, 1.2, 1, 0.2);

/** The lower end of the authors' range: b1 1 to 1.2, b2 1.2 to 1.6, s1 and s2 up to 1. */
const LOWER: FreeUStrengths = row(1.1, 1.2, 0.9, 0.2);

/** Families of models, by their U-Net; undefined where it cannot be told. */
export type Family = 'stable-diffusion-1' | 'stable-diffusion-2' | 'sdxl' | 'text-to-video';

const BASE_OF: Readonly<Record<Family, Base>> = {
  'stable-diffusion-1': '1.5',
  'stable-diffusion-2': '2.1',
  sdxl: 'xl',
  'text-to-video': 'video',
};

const WORDS: Readonly<Record<Family, string>> = {
  'stable-diffusion-1': 'Stable Diffusion 1',
  'stable-diffusion-2': 'Stable Diffusion 2',
  sdxl: 'SDXL',
  'text-to-video': 'video models',
};

/**
 * Names under which the models themselves are published, folders of the hub and files, and what their users call them for short; a
 * fine-tune has another name.
 */
const PUBLISHED: readonly (readonly [RegExp, Base])[] = [
  [/^(stable-diffusion-v1-4|sd-v1-4(-full-ema)?|sd-?1\.?4)$/i, '1.4'],
  [/^(stable-diffusion-v1-5|v1-5-pruned(-emaonly)?(-fp16)?|sd-v1-5|sd-?1\.?5)$/i, '1.5'],
  [/^(stable-diffusion-2-1(-base)?|v2-1_(512|768)-(non)?ema-pruned|sd-?2\.?1)$/i, '2.1'],
  [/^(stable-diffusion-xl-base-1\.0|sd_?xl[-_]base([-_]1\.0(_0\.9vae)?)?)$/i, 'xl'],
];

/** Models of Stable Diffusion 1 itself that FreeU's authors do not name. */
const EARLIER = /^(stable-diffusion-v1-[1-3]|sd-v1-[1-3](-full-ema)?)$/i;

/** What of a model decides its row. */
export type RowFacts = {
  readonly family: Family | undefined;
  /** A path or an id: what the model is called is told from it (`modelName`). */
  readonly path: string;
  /** What in the model's file says that it was trained further or merged, whatever it is called. */
  readonly derived?: string | undefined;
  readonly loras: number;
  /** `clip`: key frames or windows of a clip. `prompt`: pictures or clips from words. */
  readonly purpose: 'clip' | 'prompt';
};

type Named = Pick<RowFacts, 'path' | 'derived'>;

/** The published model that a name means. */
const publishedAs = ({ path, derived }: Named): Base | undefined =>
  derived === undefined ? PUBLISHED.find(([pattern]) => pattern.test(modelName(path)))?.[1] : undefined;

/** Whether a model of Stable Diffusion 1 is one of those that everything else of the family was made from. */
const isFirst = (facts: Named): boolean =>
  ['1.4', '1.5'].includes(publishedAs(facts) ?? '') || (facts.derived === undefined && EARLIER.test(modelName(facts.path)));

/** The model that a name means, in words: one of those that fine-tunes are made from; undefined for every other. */
export const publishedName = (named: Named): string | undefined => {
  const published = publishedAs(named);
  if (published) return AUTHORS[published].model;
  return isFirst(named) ? 'Stable Diffusion 1.1 to 1.3' : undefined;
};

/** The authors' row for a model, or for the model that its family is named after. */
export const authorsRow = ({ family = 'stable-diffusion-1', ...named }: Named & Pick<RowFacts, 'family'>): FreeURow => {
  const base = BASE_OF[family];
  const published = publishedAs(named);
  const found = published !== undefined && (published === base || (base === '1.5' && published === '1.4')) ? published : base;
  const { factors, model } = AUTHORS[found];
  return { factors, why: found === 'video' ? "diffusers' for ModelScope" : `the authors' for ${model}` };
};

/** The row of `--freeu rerender`. */
export const rerenderRow: FreeURow = { factors: RERENDER, why: "Rerender's" };

/** The row of `--freeu auto` where the model itself recommends nothing. */
export const autoRow = (facts: RowFacts): FreeURow => {
  const { family, derived, loras, purpose } = facts;
  const lower = (why: string): FreeURow => ({ factors: LOWER, why: `the authors' lower range, ${why}` });
  if (family === 'text-to-video') return authorsRow(facts);
  const what = family ? WORDS[family] : 'a model of no family that is known';
  const clip = purpose === 'clip';
  if (clip && family === undefined) return { factors: RERENDER, why: `Rerender's, for key frames with ${what}` };
  if (clip && family !== 'stable-diffusion-1') return lower(`for key frames with ${what}`);
  if (loras > 0) return lower('as a LoRA is merged in');
  if (derived !== undefined) return lower(`as the model's file says that it is a fine-tune or a merge (${derived}), of ${what}`);
  if (clip && isFirst(facts)) return { factors: RERENDER, why: `Rerender's, for key frames with ${what}` };
  if (clip) return lower(`as "${modelName(facts.path)}" is no name of ${what} itself: a fine-tune`);
  if (publishedAs(facts) === undefined) return lower(`as the model is none that the authors name, of ${what}`);
  return authorsRow(facts);
};

/** What `auto` and `authors` stand for where no model is looked at: Rerender's row, and that of Stable Diffusion 1.5. */
export const PLAIN_ROWS: FreeURows = { auto: rerenderRow, authors: authorsRow({ family: undefined, path: '' }) };

export type FreeURows = { readonly auto: FreeURow; readonly authors: FreeURow };

/** The rows of a model in a job. */
export const rowsOf = (facts: RowFacts): FreeURows => ({ auto: autoRow(facts), authors: authorsRow(facts) });
