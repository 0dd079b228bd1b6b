// Puts the sources of option values in order and settles each option once.
import { parseAnchor } from './anchor.ts';
import { parseCrop } from './crop.ts';
import { UsageError } from './errors.ts';
import { type FreeUChoice, type FreeULayer, settleFreeU } from './freeu.ts';
import { type FreeURows, PLAIN_ROWS } from './freeu-rows.ts';
import { parseOnly } from './only.ts';
import type { OptionSpec } from './option.ts';
import { OPTIONS, type OptionName, type Options, type PartialOptions } from './options.ts';
import { type Origin, originText } from './origin.ts';
import { longFlag, parseValue } from './parse.ts';
import { parseKeyframeSeed, parseKeyframesAt } from './place.ts';
import { checkRange } from './range.ts';
import { didYouMean } from './suggest.ts';

/** One source of values. Layers are given strongest first: flags, environment, project file, user file, preset, model. */
export type Layer = {
  readonly origin: Origin;
  readonly values: Readonly<Record<string, unknown>>;
};

/** All options, the origin of each, and which row of FreeU's factors they hold. */
export type Settled = {
  readonly options: Options;
  readonly origins: Readonly<Record<OptionName, Origin>>;
  readonly freeuChoice: FreeUChoice;
};

export const OPTION_NAMES = Object.keys(OPTIONS) as readonly OptionName[];

const isOption = (name: string): name is OptionName => Object.hasOwn(OPTIONS, name);

/** The environment variable of an option: `cfgScale` is RERENDER_CFG_SCALE. */
export const environmentName = (name: OptionName): string => `RERENDER_${name.replace(/[A-Z]/g, c => `_${c}`).toUpperCase()}`;

/** How the user wrote an option, for messages. */
export const placeOf = ({ origin }: Pick<Layer, 'origin'>, name: OptionName): string => {
  const spec: OptionSpec = OPTIONS[name];
  if (origin.kind === 'flag') return longFlag(spec);
  return origin.kind === 'environment' ? environmentName(name) : `${originText(origin)}: ${name}`;
};

/**
 * Settles every option from the layers, strongest first, then from the defaults.
 * @param rows what FreeU's `auto` and `authors` stand for with the model in use
 * @throws UsageError for an unknown key (with the nearest known one) or a value that breaks its option's rule
 */
export const settle = (layers: readonly Layer[], rows: FreeURows = PLAIN_ROWS): Settled => {
  const options: Record<string, unknown> = {};
  const origins: Record<string, Origin> = {};
  const parsed = layers.map(parseLayer);
  for (const { origin, values } of parsed) {
    for (const [name, value] of Object.entries(values)) {
      if (Object.hasOwn(origins, name)) continue;
      options[name] = value;
      origins[name] = origin;
    }
  }
  for (const name of OPTION_NAMES) {
    if (Object.hasOwn(origins, name)) continue;
    options[name] = OPTIONS[name].default;
    origins[name] = { kind: 'default' };
  }
  const { freeu, stages, origin, choice } = settleFreeU(parsed as readonly FreeULayer[], rows, placeOf);
  options.freeu = freeu;
  options.freeuStage = stages;
  origins.freeu = origin;
  checkTogether(options as Options);
  return { options: options as Options, origins: origins as Record<OptionName, Origin>, freeuChoice: choice };
};

/** A layer with every value read by its option's rule; what it leaves out is left out. */
const parseLayer = (layer: Layer): Layer => {
  const values: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(layer.values)) {
    if (value === undefined) continue;
    if (!isOption(name)) throw new UsageError(`${originText(layer.origin)}: unknown option ${name}.${didYouMean(name, OPTION_NAMES)}`);
    values[name] = parseValue(OPTIONS[name], value, placeOf(layer, name));
  }
  return { origin: layer.origin, values };
};

/** Rules that bind several options. */
const checkTogether = (o: Options): void => {
  checkRange(o);
  if (o.freeuEnd < o.freeuStart) throw new UsageError(`--freeu-end (${o.freeuEnd}) must not be less than --freeu-start (${o.freeuStart}).`);
  if (o.guidanceEnd < o.guidanceStart)
    throw new UsageError(`--guidance-end (${o.guidanceEnd}) must not be less than --guidance-start (${o.guidanceStart}).`);
  const bands = [o.cfgLow, o.cfgHigh].some(scale => scale !== undefined);
  if (bands && o.cfgScale <= 1)
    throw new UsageError(`--cfg-low and --cfg-high part the guidance, and --cfg-scale ${o.cfgScale} is none: give one of more than 1.`);
  if (o.interval === 'auto' && o.intervalMin > o.intervalMax)
    throw new UsageError(`--interval-min (${o.intervalMin}) must not be more than --interval-max (${o.intervalMax}).`);
  if (o.windowOverlap >= o.window) throw new UsageError(`--window-overlap (${o.windowOverlap}) must be less than --window (${o.window}).`);
  parseAnchor(o.anchor);
  parseKeyframesAt(o.keyframesAt);
  o.keyframeSeed.map(parseKeyframeSeed);
  parseCrop(o.crop);
  parseOnly(o.only);
  if (o.cannyHigh < o.cannyLow) throw new UsageError(`--canny-high (${o.cannyHigh}) must not be less than --canny-low (${o.cannyLow}).`);
};

/** The options of a library call, as the only layer above what preset and model recommend. */
export const optionsLayer = (values: PartialOptions): Layer => ({ origin: { kind: 'request' }, values });
