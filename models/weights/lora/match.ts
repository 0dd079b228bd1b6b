// Finds for each module of a LoRA the weight that it changes; what fits nothing says that the file was made for another model.
import { AdapterError } from '../adapter-error.ts';
import type { LowRank, WeightType } from '../weight-source.ts';
import { checkFamily } from './family-fit.ts';
import type { LdmPlace } from './ldm-names.ts';
import { type Component, spellings } from './names.ts';
import type { LoraEntry, LoraFile } from './read.ts';

/** A network that LoRAs may change. */
export type LoraTarget = {
  readonly component: Component;
  /** Dims of each weight of two or more dims, by the module's name in the diffusers network (without `.weight`). */
  readonly modules: ReadonlyMap<string, readonly number[]>;
  readonly ldm: LdmPlace;
};

/** Changes by component and module, in the order of the files. */
export type Changes = ReadonlyMap<Component, ReadonlyMap<string, readonly LowRank[]>>;

const FLOATS: readonly WeightType[] = ['F32', 'F16', 'BF16', 'F64'];

type Place = { readonly component: Component; readonly module: string; readonly dims: readonly number[] };

/** Of a file's modules at least this share has to be found; the rest is told in a warning. */
const ENOUGH = 0.5;

const placesOf = (targets: readonly LoraTarget[]): Map<string, Place> => {
  const places = new Map<string, Place>();
  for (const { component, modules, ldm } of targets) {
    for (const [module, dims] of modules) {
      for (const name of spellings(component, module, ldm)) places.set(name, { component, module, dims });
    }
  }
  return places;
};

const show = (dims: readonly number[]): string => `[${dims.join(', ')}]`;

/** Dims of a matrix may have 1s behind them, those of a 1x1 convolution may lack them. */
const bare = ([first = 1, second = 1, ...rest]: readonly number[]): number[] =>
  rest.every(side => side === 1) ? [first, second] : [first, second, ...rest];

const checkShapes = (file: string, name: string, { up, down }: LoraEntry, dims: readonly number[]): LowRank => {
  const fail = (reason: string): AdapterError => new AdapterError(`${file}: ${name} ${reason}`);
  if (!down) throw fail('has an up matrix without its down matrix');
  if (!up) throw fail('has a down matrix without its up matrix');
  for (const info of [up, down]) if (!FLOATS.includes(info.dtype)) throw fail(`is stored as ${info.dtype}, expects ${FLOATS.join(', ')}`);
  const [[out, upRank, ...kernel], [rank, ...inner]] = [bare(up.dims), bare(down.dims)];
  if (kernel.length > 0) throw fail(`has an up matrix ${show(up.dims)}: more than a sum over the rank`);
  if (upRank !== rank || rank === 0)
    throw fail(`has an up matrix ${show(up.dims)} and a down matrix ${show(down.dims)}: their ranks differ`);
  if (String([out, ...inner]) !== String(bare(dims))) {
    throw fail(
      `makes a change of ${show([out as number, ...inner])}, but the model's weight is ${show(dims)}: it was made for another model`,
    );
  }
  return { up, down, factor: 1 };
};

/** A file may spell a module in two ways: `X.lora.up` and `X.alpha`. */
const gather = (lora: LoraFile, places: ReadonlyMap<string, Place>) => {
  const found = new Map<string, { place: Place; name: string; entry: LoraEntry }>();
  const strangers: string[] = [];
  for (const [name, entry] of lora.entries) {
    const place = places.get(name);
    if (!place) {
      strangers.push(name);
      continue;
    }
    const key = `${place.component} ${place.module}`;
    const earlier = found.get(key);
    const twice = Object.keys(entry).find(role => earlier && role in earlier.entry);
    if (twice) throw new AdapterError(`${lora.file}: ${name} and ${earlier?.name} both have the ${twice} of one module`);
    found.set(key, { place, name: earlier?.name ?? name, entry: { ...earlier?.entry, ...entry } });
  }
  return { found: [...found.values()], strangers };
};

const checkStrangers = (lora: LoraFile, strangers: readonly string[], matched: number, label: string): string | undefined => {
  if (strangers.length === 0) return undefined;
  const made = lora.base === undefined ? '' : ` (it says it was trained on ${lora.base})`;
  const count = `${strangers.length} of its ${strangers.length + matched} modules are not in ${label}, e.g. ${strangers[0]}`;
  if (matched < ENOUGH * (matched + strangers.length))
    throw new AdapterError(`the LoRA ${lora.file} was made for another model: ${count}${made}`);
  return `the LoRA ${lora.file} does not fit wholly: ${count}${made}; they are left out`;
};

/**
 * Looks up every module of every file. Files of weight 0 are checked like the others, and change nothing.
 * @param label what the model is called in messages
 * @throws AdapterError for a file of another family, whose modules are mostly unknown, or whose matrices do not fit the model's weights
 */
export const matchLoras = (
  loras: readonly LoraFile[],
  targets: readonly LoraTarget[],
  label: string,
): { readonly changes: Changes; readonly warnings: readonly string[] } => {
  const places = placesOf(targets);
  for (const lora of loras) checkFamily(lora, targets, name => places.has(name), label);
  const changes = new Map(targets.map(({ component }) => [component, new Map<string, LowRank[]>()]));
  const warnings: string[] = [];
  for (const lora of loras) {
    const { found, strangers } = gather(lora, places);
    const warning = checkStrangers(lora, strangers, found.length, label);
    if (warning) warnings.push(warning);
    for (const { place, name, entry } of found) {
      const { up, down } = checkShapes(lora.file, name, entry, place.dims);
      const rank = down.dims[0] as number;
      const trained = entry.alpha === undefined ? (lora.alphaOf(place.component, place.module, rank) ?? 1) : entry.alpha / rank;
      const factor = lora.weight * trained;
      const list = changes.get(place.component)?.get(place.module) ?? [];
      if (factor !== 0) changes.get(place.component)?.set(place.module, [...list, { up, down, factor }]);
    }
  }
  return { changes, warnings };
};
