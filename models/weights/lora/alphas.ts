// PEFT keeps the alphas of a LoRA beside its tensors, in the file's metadata.
import { AdapterError } from '../adapter-error.ts';
import type { Component } from './names.ts';

/** The factor of a module's sum, given its rank; undefined when the metadata says nothing. */
export type AlphaRule = (component: Component, module: string, rank: number) => number | undefined;

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Matches names that end in a pattern after a dot. Quantified groups can be slow beyond measure and no file needs them: undefined. */
const dottedEnd = (pattern: string): RegExp | undefined => {
  if (pattern.length > 200 || /\)[*+{?]/.test(pattern)) return undefined;
  try {
    return new RegExp(`^(?:.*\\.)?(?:${pattern})$`);
  } catch {
    return undefined;
  }
};

/**
 * Reads `lora_adapter_metadata`: `COMPONENT.lora_alpha`, `COMPONENT.alpha_pattern` (PEFT's rule: the first pattern that is a module's
 * name or a dotted end of it) and `COMPONENT.use_rslora` (alpha / sqrt(rank) in place of alpha / rank).
 * Throws an AdapterError for metadata that is not of this form, and for DoRA.
 */
export const alphaRule = (file: string, metadata: Readonly<Record<string, string>>): AlphaRule => {
  const text = metadata.lora_adapter_metadata;
  if (text === undefined) return () => undefined;
  const fail = (reason: string): AdapterError => new AdapterError(`${file}: lora_adapter_metadata ${reason}`);
  let config: unknown;
  try {
    config = JSON.parse(text);
  } catch {
    throw fail('is not JSON');
  }
  if (!isObject(config)) throw fail('is not an object');
  const values = config;
  const number = (value: unknown, key: string): number => {
    if (typeof value !== 'number' || !Number.isFinite(value)) throw fail(`${key} is no number`);
    return value;
  };
  return (component, module, rank) => {
    const key = (name: string): unknown => values[`${component}.${name}`];
    if (key('use_dora') === true) throw fail(`${component}.use_dora: DoRA is not a plain low-rank sum and is not supported`);
    const patterns = key('alpha_pattern') ?? {};
    if (!isObject(patterns)) throw fail(`${component}.alpha_pattern is not an object`);
    const own = Object.entries(patterns).find(([pattern]) => {
      const matcher = dottedEnd(pattern);
      if (!matcher) throw fail(`${component}.alpha_pattern ${pattern} is not a module's name`);
      return matcher.test(module);
    });
    const alpha = own ? own[1] : key('lora_alpha');
    if (alpha === undefined) return undefined;
    return (
      number(alpha, own ? `${component}.alpha_pattern ${own[0]}` : `${component}.lora_alpha`) / (key('use_rslora') ? Math.sqrt(rank) : rank)
    );
  };
};
