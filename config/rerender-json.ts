// Rerender A Video's own JSON configs: what each of their keys becomes here.
// Keys and defaults: src/config.py of that program, and the configs that it ships.
import { UsageError } from './errors.ts';
import { didYouMean } from './suggest.ts';

type Json = Readonly<Record<string, unknown>>;

/** What one key becomes. */
export type Imported = {
  readonly key: string;
  readonly value: unknown;
  /** Options and their values; none where a note says why. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly note?: string;
};

type Rule = (value: unknown, all: Json) => Omit<Imported, 'key' | 'value'>;

const to =
  (option: string): Rule =>
  value => ({ options: { [option]: value } });

const nothing =
  (note: string): Rule =>
  () => ({ options: {}, note });

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** Rerender's periods run backwards to say never: the default of AdaIN's, [1, 1], lies behind the last step. */
const period =
  (option: string): Rule =>
  value => {
    const [from, until] = Array.isArray(value) ? value : [];
    return typeof from === 'number' && typeof until === 'number' && from > until
      ? { options: { [option]: 'off' }, note: 'ends before it begins: never' }
      : { options: { [option]: value } };
  };

/** Counted in whole steps. Above 1 and below 0 the frame is not injected at all. */
const strength: Rule = value => {
  if (typeof value !== 'number' || (value >= 0 && value <= 1))
    return { options: { strength: value, strengthSteps: 'whole', fromNoise: false } };
  return { options: { fromNoise: true }, note: 'outside 0 to 1: from noise alone' };
};

const control: Rule = (value, all) => {
  const type = text(value).toLowerCase();
  const options = { control: [type] };
  return all.control_strength === undefined ? { options: { ...options, controlScale: 1 } } : { options };
};

/** Every key that Rerender reads, and those that its own configs carry without effect. */
const RULES: Readonly<Record<string, Rule>> = {
  input: nothing('the clip, unless the command line names one'),
  output: to('output'),
  work_dir: nothing('finished parts lie in the cache, or in --work-dir'),
  key_subdir: (value, all) => ({ options: { previews: [text(all.work_dir), text(value)].filter(part => part !== '').join('/') } }),
  frame_count: value => ({ options: { frames: typeof value === 'number' ? [0, Math.max(0, value - 1)] : value } }),
  interval: to('interval'),
  crop: value => ({ options: { crop: Array.isArray(value) && value.every(Number.isFinite) ? value.join(',') : value } }),
  sd_model: value => (value === null ? { options: {}, note: 'the default model' } : { options: { model: value } }),
  prompt: (value, all) => ({ options: { style: [text(value), text(all.a_prompt)].filter(part => part !== '').join(', ') } }),
  a_prompt: nothing('joined to the prompt'),
  n_prompt: to('negativePrompt'),
  ddim_steps: to('steps'),
  scale: to('cfgScale'),
  control_type: control,
  canny_low: to('cannyLow'),
  canny_high: to('cannyHigh'),
  control_strength: to('controlScale'),
  seed: value => ({ options: { seed: value === -1 ? 'random' : value } }),
  image_resolution: value => ({ options: { size: value, sizeMultiple: 64 } }),
  use_limit_device_resolution: nothing('there is no limit by the size of the device'),
  x0_strength: strength,
  style_update_freq: (value, all) => {
    const interval = typeof all.interval === 'number' ? all.interval : 10;
    if (typeof value !== 'number' || ![value, interval].every(n => n <= 1e6) || !(interval >= 1))
      return { options: { styleUpdateFreq: value } };
    // it counts frames, and key frames come every `interval`: frame i updates when i is a multiple of both
    const frames = leastCommonMultiple(Math.max(1, Math.trunc(value)), Math.trunc(interval));
    return { options: { styleUpdateFreq: frames / Math.trunc(interval) }, note: 'there counted in frames, here in key frames' };
  },
  cross_period: period('crossPeriod'),
  warp_period: period('warpPeriod'),
  mask_period: period('maskPeriod'),
  ada_period: period('adaPeriod'),
  mask_strength: to('maskStrength'),
  inner_strength: to('innerStrength'),
  smooth_boundary: to('smoothBoundary'),
  color_preserve: to('colorPreserve'),
  color_perserve: to('colorPreserve'),
  loose_cfattn: to('looseCfattn'),
  freeu_args: to('freeu'),
  warp_step: nothing('an old name that Rerender does not read either'),
  ada_step: nothing('an old name that Rerender does not read either'),
};

const leastCommonMultiple = (a: number, b: number): number => {
  const gcd = (x: number, y: number): number => (y === 0 ? x : gcd(y, x % y));
  return (a * b) / gcd(a, b);
};

/** What Rerender's command line does where its config says nothing and this program would do something else. */
const DEFAULTS: Json = {
  steps: 20,
  cfgScale: 7.5,
  sampler: 'ddim',
  interval: 10,
  size: 512,
  sizeMultiple: 64,
  fromNoise: true,
  seed: 'random',
  crossPeriod: [0, 1],
  warpPeriod: [0, 0.1],
  maskPeriod: [0.5, 0.8],
  adaPeriod: 'off',
  maskStrength: 0.5,
  innerStrength: 0.9,
  maskNoise: 'fresh',
  startNoise: 'shared',
  smoothBoundary: true,
  colorPreserve: true,
  looseCfattn: false,
  freeu: 'off',
  anchor: 'first',
};

/** Whether a JSON object is a config of Rerender's and not one of this program's, whose names are others. */
export const isRerenderJson = (values: Json): boolean =>
  Object.hasOwn(values, 'input') && ['prompt', 'x0_strength', 'n_prompt'].some(key => Object.hasOwn(values, key));

export type RerenderImport = {
  /** The clip that the config names. */
  readonly input: string | undefined;
  /** Option values by name, with Rerender's own defaults below them. */
  readonly values: Json;
  /** What each key became, in the config's order. */
  readonly keys: readonly Imported[];
};

/**
 * Imports a config of Rerender A Video.
 * @param where its file, for messages
 * @throws UsageError naming a key that Rerender does not know
 */
export const importRerenderJson = (config: Json, where: string): RerenderImport => {
  const keys = Object.entries(config).map(([key, value]): Imported => {
    const rule = Object.hasOwn(RULES, key) ? RULES[key] : undefined;
    if (!rule) throw new UsageError(`${where}: Rerender knows no key ${key}.${didYouMean(key, Object.keys(RULES))}`);
    return { key, value, ...rule(value, config) };
  });
  const given = Object.assign({}, ...keys.map(({ options }) => options)) as Json;
  const canny = config.control_type === 'canny' ? {} : { cannyLow: undefined, cannyHigh: undefined }; // read for Canny alone
  return {
    input: typeof config.input === 'string' ? config.input : undefined,
    values: { ...DEFAULTS, ...(config.control_type === undefined ? { control: ['hed'] } : {}), ...given, ...canny },
    keys,
  };
};

/** The import in words, one line a key. */
export const importText = ({ keys }: RerenderImport): string[] =>
  keys.map(({ key, value, options, note }) => {
    const became = Object.entries(options).map(([name, v]) => `${name} ${JSON.stringify(v)}`);
    const parts = [...(became.length > 0 ? [became.join(', ')] : []), ...(note ? [`(${note})`] : [])];
    return `${key} ${JSON.stringify(value)} -> ${parts.join(' ')}`;
  });
