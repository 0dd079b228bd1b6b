// Weights with LoRAs merged in: the base file stays as it is, and the graph is told what to add to which weight.
//
//   W' = W + sum over the files of  weight (alpha / rank) up down
import type { LowRank, WeightSource } from '../weight-source.ts';
import type { LdmPlace } from './ldm-names.ts';
import { matchLoras } from './match.ts';
import type { Component } from './names.ts';
import type { LoraFile } from './read.ts';

/** A network before LoRAs: where its weights come from and what it asks of them. */
export type LoraPart = {
  readonly weights: WeightSource;
  /** Asks for every weight of the network, as building its graph does. */
  readonly build: (weights: WeightSource) => unknown;
  readonly ldm?: LdmPlace;
};

const WEIGHT = '.weight';

/** The weights of two or more dims that a network asks for, by module. */
const modulesOf = ({ weights, build }: LoraPart): Map<string, readonly number[]> => {
  const modules = new Map<string, readonly number[]>();
  build({
    ...weights,
    find(name, dims) {
      const info = weights.find(name, dims);
      if (info && dims.length > 1 && name.endsWith(WEIGHT)) modules.set(name.slice(0, -WEIGHT.length), dims);
      return info;
    },
  });
  return modules;
};

const withChanges = (source: WeightSource, changes: ReadonlyMap<string, readonly LowRank[]>): WeightSource => ({
  ...source,
  find(name, dims) {
    const info = source.find(name, dims);
    const lowRanks = info && changes.get(name.slice(0, -WEIGHT.length));
    return lowRanks && name.endsWith(WEIGHT) ? { ...info, changes: lowRanks } : info;
  },
});

export type Merged<C extends Component> = { readonly [K in C]: WeightSource } & {
  /** What the user should know of files that fit only in part. */
  readonly warnings: readonly string[];
  /** The factors of all changes, for digests; those of the matrices are taken with the graph's other weights. */
  readonly texts: readonly string[];
};

const textOf = (component: Component, module: string, changes: readonly LowRank[]): string =>
  JSON.stringify(['lora', component, module, changes.map(change => change.factor)]);

/**
 * Merges LoRAs into the networks of a model.
 * @param label what the model is called in messages
 * @throws AdapterError when a file does not fit the model
 */
export const mergeLoras = <C extends Component>(
  parts: Readonly<Record<C, LoraPart>>,
  loras: readonly LoraFile[],
  label: string,
): Merged<C> => {
  const entries = Object.entries(parts) as [C, LoraPart][];
  const sources = (change: (component: C, weights: WeightSource) => WeightSource): Record<C, WeightSource> =>
    Object.fromEntries(entries.map(([component, { weights }]) => [component, change(component, weights)])) as Record<C, WeightSource>;
  if (loras.length === 0) return { ...sources((_, weights) => weights), warnings: [], texts: [] };

  const targets = entries.map(([component, part]) => ({ component, modules: modulesOf(part), ldm: part.ldm ?? (() => undefined) }));
  const { changes, warnings } = matchLoras(loras, targets, label);
  return {
    ...sources((component, weights) => withChanges(weights, changes.get(component) ?? new Map())),
    warnings,
    texts: [...changes].flatMap(([component, modules]) => [...modules].map(([module, list]) => textOf(component, module, list))),
  };
};
