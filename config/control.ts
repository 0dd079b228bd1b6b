// How a ControlNet is written on the command line: TYPE[=NETWORK][:SCALE], and behind it ,images=PATH ,scale=X ,steps=A-B ,annotator=FILE.
import { UsageError } from './errors.ts';
import { didYouMean } from './suggest.ts';

/** What a ControlNet is shown: the frame itself, its Canny or HED edges, or pictures of the other kinds, which the user brings. */
export const CONTROL_TYPES = ['tile', 'canny', 'hed', 'softedge', 'scribble', 'lineart', 'mlsd', 'depth', 'normal', 'pose', 'seg'] as const;
export type ControlType = (typeof CONTROL_TYPES)[number];

/** Types whose pictures this program makes of the frame. */
const MADE_HERE: readonly ControlType[] = ['tile', 'canny'];
/** Types whose pictures an annotator makes, when its network is given. */
const ANNOTATED: readonly ControlType[] = ['hed', 'softedge'];

export type ControlSpec = {
  readonly type: ControlType;
  /** A folder with config.json and weights, or one file; without it the model's own. */
  readonly folder?: string;
  /** Weight of its residuals; without it `--control-scale`. */
  readonly scale?: number;
  /** A folder of pictures, a picture or a video, in place of what would be made of the frame. */
  readonly images?: string;
  /** The part of the steps that it guides, fractions; without it all. */
  readonly steps?: readonly [start: number, end: number];
  /** The network that makes the pictures: ControlNetHED.pth. */
  readonly annotator?: string;
};

const isType = (text: string): text is ControlType => (CONTROL_TYPES as readonly string[]).includes(text);

const KEYS = ['images', 'scale', 'steps', 'annotator'] as const;
type Key = (typeof KEYS)[number];

/** The head, and the settings behind it; a comma that no key follows belongs to a path. */
const splitSettings = (value: string): { head: string; settings: [Key, string][] } => {
  const [head = '', ...rest] = value.split(new RegExp(`,(?=(?:${KEYS.join('|')})=)`));
  const settings = rest.map((part): [Key, string] => {
    const at = part.indexOf('=');
    return [part.slice(0, at) as Key, part.slice(at + 1)];
  });
  return { head, settings };
};

const NUMBER = String.raw`\d+(?:\.\d*)?|\.\d+`;

const readScale = (value: string, text: string): number => {
  const scale = new RegExp(`^(?:${NUMBER})$`).test(text) ? Number(text) : Number.NaN;
  if (scale <= 2) return scale;
  throw new UsageError(`--control ${value}: the scale must be a number from 0 to 2.`);
};

const readSteps = (value: string, text: string): [number, number] => {
  const [, start, end] = new RegExp(`^(${NUMBER})-(${NUMBER})$`).exec(text) ?? [];
  const window: [number, number] = [Number(start), Number(end)];
  if (window[0] < window[1] && window[1] <= 1) return window;
  throw new UsageError(
    `--control ${value}: steps are two fractions of the run from 0 to 1, the first before the second, such as steps=0-0.6.`,
  );
};

const parseControl = (value: string): ControlSpec => {
  const { head, settings } = splitSettings(value);
  const fail = (reason: string) => new UsageError(`--control ${value}: ${reason}`);
  const [, type = '', folder, scale] = new RegExp(`^([^=:]*)(?:=(.*?))?(?::(${NUMBER}))?$`, 's').exec(head) ?? [];
  if (!isType(type)) throw fail(`the type must be one of ${CONTROL_TYPES.join(', ')}, or none alone.${didYouMean(type, CONTROL_TYPES)}`);
  if (folder === '') throw fail('no folder behind the equals sign.');
  const given = new Map<Key, string>();
  for (const [key, text] of [...(scale === undefined ? [] : [['scale', scale] as const]), ...settings]) {
    if (given.has(key)) throw fail(`${key} is given twice.`);
    if (text.trim() === '') throw fail(`nothing behind ${key}=.`);
    given.set(key, text);
  }
  const [images, annotator, weight, window] = (['images', 'annotator', 'scale', 'steps'] as const).map(key => given.get(key));
  if (annotator !== undefined && (images !== undefined || !ANNOTATED.includes(type))) {
    throw fail(`an annotator makes the pictures of ${ANNOTATED.join(' and ')}, where no images= are given.`);
  }
  if (images === undefined && annotator === undefined && !MADE_HERE.includes(type)) {
    const network = ANNOTATED.includes(type) ? ', or the network that makes them with annotator=ControlNetHED.pth' : '';
    throw fail(`give its pictures with images=FOLDER (or a video)${network}; only those of ${MADE_HERE.join(' and ')} are made without.`);
  }
  return {
    type,
    ...(folder !== undefined && { folder }),
    ...(weight !== undefined && { scale: readScale(value, weight) }),
    ...(images !== undefined && { images }),
    ...(window !== undefined && { steps: readSteps(value, window) }),
    ...(annotator !== undefined && { annotator }),
  };
};

/**
 * Reads the values of `--control`; `none` alone means none.
 * @throws UsageError for an unknown type, a scale outside 0 to 2, steps that are no window, and a type without pictures
 */
export const parseControls = (values: readonly string[]): ControlSpec[] =>
  values.length === 1 && values[0] === 'none' ? [] : values.map(parseControl);
