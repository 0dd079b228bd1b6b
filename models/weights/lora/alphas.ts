// PEFT keeps the alphas of a LoRA beside its tensors, in the file's metadata.
import { parseJson } from '../../../config/json.ts';
import { show } from '../../../config/show.ts';
import { AdapterError } from '../adapter-error.ts';
import type { Component } from './names.ts';
import { type ByPattern, byPattern } from './patterns.ts';

/** The factor of a module's sum, given its rank; undefined when the metadata says nothing. */
export type AlphaRule = (component: Component, module: string, rank: number) => number | undefined;

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Reads `lora_adapter_metadata`: `COMPONENT.lora_alpha`, `COMPONENT.alpha_pattern` (PEFT's rule: the first pattern that is a module's
 * name or a dotted end of it) and `COMPONENT.use_rslora` (alpha / sqrt(rank) in place of alpha / rank).
 * Throws an AdapterError for metadata that is not of this form, and for DoRA.
 */
export const alphaRule = (file: string, metadata: Readonly<Record<string, string>>): AlphaRule => {
  const text = metadata.lora_adapter_metadata;
  if (text === undefined) return () => undefined;
  const fail = (reason: string): AdapterError => new AdapterError(`${file}: lora_adapter_metadata ${reason}`);
  const config = parseJson(text, fail);
  if (!isObject(config)) throw fail('is not an object');
  const values = config;
  const number = (value: unknown, key: string): number => {
    if (typeof value !== 'number' || !Number.isFinite(value)) throw fail(`${key} is no number`);
    return value;
  };
  const compiled = new Map<Component, ByPattern>();
  const patternsOf = (component: Component): ByPattern => {
    const key = `${component}.alpha_pattern`;
    const patterns = values[key] ?? {};
    if (!isObject(patterns)) throw fail(`${key} is not an object`);
    const found = compiled.get(component) ?? byPattern(patterns, reason => fail(`${key} ${reason}`));
    compiled.set(component, found);
    return found;
  };
  return (component, module, rank) => {
    const key = (name: string): unknown => values[`${component}.${name}`];
    if (key('use_dora') === true) throw fail(`${component}.use_dora: DoRA is not a plain low-rank sum and is not supported`);
    const pattern = patternsOf(component)(module);
    const alpha = pattern ? pattern.value : key('lora_alpha');
    if (alpha === undefined) return undefined;
    const place = pattern ? `${component}.alpha_pattern ${show(pattern.pattern)}` : `${component}.lora_alpha`;
    return number(alpha, place) / (key('use_rslora') ? Math.sqrt(rank) : rank);
  };
};
