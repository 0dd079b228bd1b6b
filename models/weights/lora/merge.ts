// Weights with LoRAs merged in: the base file stays as it is, and the graph is told what to add to which weight.
//
//   W' = W + sum over the files of  weight (alpha / rank) up down
import type { WeightSource } from '../weight-source.ts';
import type { LdmPlace } from './ldm-names.ts';
import { type Changes, matchLoras } from './match.ts';
import type { Component } from './names.ts';
import type { LoraFile } from './read.ts';

/** A network before LoRAs: where its weights come from and what it asks of them. */
export type LoraPart = {
  readonly component: Component;
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

const withChanges = (source: WeightSource, changes: Changes extends ReadonlyMap<Component, infer M> ? M : never): WeightSource => ({
  ...source,
  find(name, dims) {
    const info = source.find(name, dims);
    const own = info && changes.get(name.slice(0, -WEIGHT.length));
    return own && name.endsWith(WEIGHT) ? { ...info, changes: own } : info;
  },
});

/**
 * Merges LoRAs into the networks of a model.
 * @param label what the model is called in messages
 * @returns for each part its weights, changed; and warnings for the user
 * @throws AdapterError when a file does not fit the model
 */
export const mergeLoras = (
  parts: readonly LoraPart[],
  loras: readonly LoraFile[],
  label: string,
): { readonly weights: readonly WeightSource[]; readonly warnings: readonly string[] } => {
  if (loras.length === 0) return { weights: parts.map(part => part.weights), warnings: [] };
  const targets = parts.map(part => ({ component: part.component, modules: modulesOf(part), ldm: part.ldm ?? (() => undefined) }));
  const { changes, warnings } = matchLoras(loras, targets, label);
  return { weights: parts.map(part => withChanges(part.weights, changes.get(part.component) ?? new Map())), warnings };
};
