// Puts the sources of option values in order and settles each option once.
import { parseAnchor } from './anchor.ts';
import { parseCrop } from './crop.ts';
import { UsageError } from './errors.ts';
import type { OptionSpec } from './option.ts';
import { OPTIONS, type OptionName, type Options, type PartialOptions } from './options.ts';
import { longFlag, parseValue } from './parse.ts';
import { checkRange } from './range.ts';
import { didYouMean } from './suggest.ts';

/** One source of values. Layers are given strongest first: flags, environment, project file, user file, preset, model. */
export type Layer = {
  /** Where the values come from, for `rerender config` and for messages, e.g. `flag` or a file's name. */
  readonly origin: string;
  readonly values: Readonly<Record<string, unknown>>;
};

/** All options, and the origin of each. */
export type Settled = { readonly options: Options; readonly origins: Readonly<Record<OptionName, string>> };

export const OPTION_NAMES = Object.keys(OPTIONS) as readonly OptionName[];

const isOption = (name: string): name is OptionName => Object.hasOwn(OPTIONS, name);

/** The environment variable of an option: `cfgScale` is RERENDER_CFG_SCALE. */
export const environmentName = (name: OptionName): string => `RERENDER_${name.replace(/[A-Z]/g, c => `_${c}`).toUpperCase()}`;

const place = (layer: Layer, name: OptionName): string => {
  const spec: OptionSpec = OPTIONS[name];
  if (layer.origin === 'flag') return longFlag(spec);
  return layer.origin === 'environment' ? environmentName(name) : `${layer.origin}: ${name}`;
};

/**
 * Settles every option from the layers, strongest first, then from the defaults.
 * @throws UsageError for an unknown key (with the nearest known one) or a value that breaks its option's rule
 */
export const settle = (layers: readonly Layer[]): Settled => {
  const options: Record<string, unknown> = {};
  const origins: Record<string, string> = {};
  for (const layer of layers) {
    for (const [name, value] of Object.entries(layer.values)) {
      if (value === undefined) continue;
      if (!isOption(name)) throw new UsageError(`${layer.origin}: unknown option ${name}.${didYouMean(name, OPTION_NAMES)}`);
      const parsed = parseValue(OPTIONS[name], value, place(layer, name));
      if (Object.hasOwn(origins, name)) continue;
      options[name] = parsed;
      origins[name] = layer.origin;
    }
  }
  for (const name of OPTION_NAMES) {
    if (Object.hasOwn(origins, name)) continue;
    options[name] = OPTIONS[name].default;
    origins[name] = 'default';
  }
  checkTogether(options as Options);
  return { options: options as Options, origins: origins as Record<OptionName, string> };
};

/** Rules that bind several options. */
const checkTogether = (o: Options): void => {
  checkRange(o);
  if (o.freeuEnd < o.freeuStart) throw new UsageError(`--freeu-end (${o.freeuEnd}) must not be less than --freeu-start (${o.freeuStart}).`);
  if (o.interval === 'auto' && o.intervalMin > o.intervalMax)
    throw new UsageError(`--interval-min (${o.intervalMin}) must not be more than --interval-max (${o.intervalMax}).`);
  if (o.windowOverlap >= o.window) throw new UsageError(`--window-overlap (${o.windowOverlap}) must be less than --window (${o.window}).`);
  parseAnchor(o.anchor);
  parseCrop(o.crop);
  if (o.cannyHigh < o.cannyLow) throw new UsageError(`--canny-high (${o.cannyHigh}) must not be less than --canny-low (${o.cannyLow}).`);
};

/** The options of a library call, as the only layer above what preset and model recommend. */
export const optionsLayer = (values: PartialOptions): Layer => ({ origin: 'options', values });
