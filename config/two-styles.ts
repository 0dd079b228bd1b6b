// Two styles in one prompt: which part of it is drawn first, and what is drawn over that.
import { UsageError } from './errors.ts';
import { isObject } from './json.ts';
import type { Options } from './options.ts';

/** How a model's prompts ask for a texture (strokes, lines, tiles) and for a tone (light, season, film). */
export type StyleWords = {
  /** Words that ask for a texture. */
  readonly textures: readonly string[];
  /** By what a tone is drawn with, the words that ask for it. */
  readonly tones: Readonly<Record<string, readonly string[]>>;
  /** By the same, options that suit it as the second of two styles. */
  readonly options: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
};

type Styles = {
  readonly style: string;
  readonly secondStyle?: string | undefined;
  readonly firstAgain?: number | undefined;
  readonly secondAgain?: number | undefined;
  readonly secondFrom?: Options['secondFrom'] | undefined;
};

/** Both styles in words, or the one. */
export const stylesText = ({ style, secondStyle, firstAgain = 0, secondAgain = 0, secondFrom }: Styles): string => {
  if (!secondStyle?.trim()) return style;
  const again = (share: number): string => (share > 0 ? `, once more for ${Math.round(100 * share)} %` : '');
  const over = secondFrom === 'grey' ? ' over its shades of grey' : '';
  return `${style}${again(firstAgain)}, then ${secondStyle.trim()}${over}${again(secondAgain)}`;
};

const isWords = (value: unknown): value is string[] =>
  Array.isArray(value) && value.length > 0 && value.every(word => typeof word === 'string' && word.trim() !== '');

/** Reads `styles` of a model's rerender.json; undefined where it says nothing. @throws UsageError naming the file */
export const parseStyleWords = (value: unknown, path: string): StyleWords | undefined => {
  if (value === undefined) return undefined;
  if (isObject(value)) {
    const { textures, tones, options = {}, ...others } = value;
    const fits = isWords(textures) && isObject(tones) && Object.values(tones).every(isWords);
    const known =
      isObject(tones) && isObject(options) && Object.entries(options).every(([name, of]) => Object.hasOwn(tones, name) && isObject(of));
    if (fits && known && Object.keys(others).length === 0) return { textures, tones, options } as StyleWords;
  }
  throw new UsageError(
    `${path}: styles must hold textures, a list of words, and tones, an object of lists of words by what they are drawn with; ` +
      'options, where it has them, an object of options by the names of tones.',
  );
};

/** A prompt in two parts, as the options `style` and `secondStyle` have them. */
export type TwoStyles = { readonly style: string; readonly secondStyle: string };

const escaped = (words: string): string => words.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&').replace(/\s+/g, '\\s+');

/** Any of the words, the longest first, as whole words in either case. */
const anyOf = (words: readonly string[]): string =>
  `(?:${[...words]
    .sort((a, b) => b.length - a.length)
    .map(escaped)
    .join('|')})`;

const WHOLE = { before: '(?<![\\p{L}\\p{N}])', after: '(?![\\p{L}\\p{N}])' } as const;

const whole = (pattern: string): RegExp => new RegExp(`${WHOLE.before}${pattern}${WHOLE.after}`, 'giu');

/** What joins a tone to the words before it, and what it is said of: "[of a] night [scene]". */
const JOINTS = '(?:(?:an?|the|of|in|at|by|as|with|on|and|during|like)\\s+)*';
const NOUNS = '(?:\\s+(?:scene|style|tones?|lighting|light|mood|photograph|photo))?';

/** The tones that a text asks for. */
const tonesIn = (text: string, tones: StyleWords['tones']): string[] =>
  Object.keys(tones).filter(name => text.search(whole(anyOf(tones[name]!))) >= 0);

/** What suits a second style: the options of the tones that it asks for, of several the first one's before those of the others. */
export const suits = (secondStyle: string, { tones, options }: StyleWords): Readonly<Record<string, unknown>> =>
  Object.assign(
    {},
    ...tonesIn(secondStyle, tones)
      .map(name => options[name])
      .reverse(),
  );

/** The part without the tone's words and what joins them. */
const withoutTone = (part: string, tone: string): string =>
  part
    .replace(whole(`${JOINTS}${tone}${NOUNS}`), ' ')
    .replace(/\(\s*\)|\s+/g, ' ')
    .replace(/^(?:of|in|at|by|as|with|on|and)\s+|\s+(?:an?|the|of|in|at|by|as|with|on|and|during|like)$/gi, '')
    .trim();

/**
 * Parts a prompt that asks for a texture and for a tone. What stands between commas stays together unless it asks for both.
 * @returns undefined for a prompt that does not ask for both
 */
export const partStyles = (prompt: string, { textures, tones }: StyleWords): TwoStyles | undefined => {
  const texture = whole(anyOf(textures));
  const toneIn = (part: string) => {
    const rest = part.replace(texture, ' | '); // a starry night is a texture
    return tonesIn(rest, tones);
  };
  const parts = prompt
    .split(',')
    .map(text => text.trim())
    .filter(text => text !== '')
    .map(text => ({ text, textured: text.search(texture) >= 0, tones: toneIn(text) }));
  if (!parts.some(({ textured }) => textured) || !parts.some(part => part.tones.length > 0)) return undefined;
  const style = parts.flatMap(part => {
    if (part.tones.length === 0) return [part.text];
    return part.textured ? [part.tones.reduce((text, name) => withoutTone(text, anyOf(tones[name]!)), part.text)] : [];
  });
  const second = parts.flatMap(part => (part.tones.length > 0 && !part.textured ? [part.text] : part.tones));
  return { style: style.join(', '), secondStyle: [...new Set(second)].join(', ') };
};
