// Rows of FreeU's factors: which numbers the authors and others publish, and which of them a model and a job take by themselves.
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

/** Names under which the models themselves are published, folders of the hub and files; a fine-tune has another name. */
const PUBLISHED: readonly (readonly [RegExp, Base])[] = [
  [/^(stable-diffusion-v1-4|sd-v1-4(-full-ema)?)$/, '1.4'],
  [/^(stable-diffusion-v1-5|v1-5-pruned(-emaonly)?(-fp16)?)$/, '1.5'],
  [/^(stable-diffusion-2-1(-base)?|v2-1_(512|768)-(non)?ema-pruned)$/, '2.1'],
  [/^(stable-diffusion-xl-base-1\.0|sd_xl_base_1\.0(_0\.9vae)?)$/, 'xl'],
];

/** What of a model decides its row. */
export type RowFacts = {
  readonly family: Family | undefined;
  /** Where it lies, and how it was named. */
  readonly names: readonly string[];
  readonly loras: number;
  /** `clip`: key frames or windows of a clip. `prompt`: pictures or clips from words. */
  readonly purpose: 'clip' | 'prompt';
};

/** The published model that a path or an id names: `models--OWNER--NAME/snapshots/HASH`, `OWNER/NAME`, `NAME.safetensors`. */
const publishedAs = (names: readonly string[]): Base | undefined => {
  const parts = names
    .flatMap(name => name.split(/[\\/]/))
    .map(part => part.replace(/^models--.*--/, '').replace(/\.(safetensors|ckpt)$/i, ''));
  return PUBLISHED.find(([pattern]) => parts.some(part => pattern.test(part)))?.[1];
};

/** The authors' row for a model, or for the model that its family is named after. */
export const authorsRow = ({ family = 'stable-diffusion-1', names }: Pick<RowFacts, 'family' | 'names'>): FreeURow => {
  const base = BASE_OF[family];
  const published = publishedAs(names);
  const found = published !== undefined && (published === base || (base === '1.5' && published === '1.4')) ? published : base;
  const { factors, model } = AUTHORS[found];
  return { factors, why: found === 'video' ? "diffusers' for ModelScope" : `the authors' for ${model}` };
};

/** The row of `--freeu rerender`. */
export const rerenderRow: FreeURow = { factors: RERENDER, why: "Rerender's" };

/** The row of `--freeu auto` where the model itself recommends nothing. */
export const autoRow = (facts: RowFacts): FreeURow => {
  const { family, names, loras, purpose } = facts;
  const lower = (why: string): FreeURow => ({ factors: LOWER, why: `the authors' lower range, ${why}` });
  if (family === 'text-to-video') return authorsRow(facts);
  const what = family ? WORDS[family] : 'a model of no family that is known';
  if (purpose === 'clip') {
    if (family === 'stable-diffusion-1' || family === undefined)
      return { factors: RERENDER, why: `Rerender's, for key frames with ${what}` };
    return lower(`for key frames with ${what}`);
  }
  if (loras > 0) return lower('as a LoRA is merged in');
  if (publishedAs(names) === undefined) return lower(`as the model is none that the authors name, of ${what}`);
  return authorsRow(facts);
};

/** What `auto` and `authors` stand for where no model is looked at: Rerender's row, and that of Stable Diffusion 1.5. */
export const PLAIN_ROWS: FreeURows = { auto: rerenderRow, authors: authorsRow({ family: undefined, names: [] }) };

export type FreeURows = { readonly auto: FreeURow; readonly authors: FreeURow };

/** The rows of a model in a job. */
export const rowsOf = (facts: RowFacts): FreeURows => ({ auto: autoRow(facts), authors: authorsRow(facts) });
