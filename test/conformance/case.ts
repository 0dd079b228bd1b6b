// One numeric case on disk: case.json says what to compute and how exactly, tensors.safetensors holds inputs and results.
import { readFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { Runtime } from '../../models/runtime/runtime.ts';
import type { IntTensor, Tensor } from '../../models/tensor.ts';
import { type Numbers, readTensors } from './tensors.ts';

export type Case = {
  readonly kind: string;
  readonly name: string;
  /** Absolute. */
  readonly folder: string;
  readonly options: Readonly<Record<string, unknown>>;
  /** Absolute folder of the main network, or of the whole pipeline. */
  readonly model?: string;
  /** Further ones by role, absolute. */
  readonly models: Readonly<Record<string, string | readonly string[]>>;
  /** Largest absolute difference allowed, and other bounds for single outputs. */
  readonly tolerance: { readonly abs: number; readonly outputs: Readonly<Record<string, number>> };
  readonly expect?: { readonly action: string; readonly reason: string; readonly name: string };
  readonly inputs: Readonly<Record<string, Numbers>>;
  readonly outputs: Readonly<Record<string, Numbers>>;
};

/** What a check found: the error nearest to its bound, or why it did not look. */
export type Result =
  | { readonly maxError: number; readonly bound: number; readonly pass: boolean; readonly note?: string }
  | { readonly skipped: string };

/** What checks share during one walk. */
export type Context = {
  /** The inference thread, opened when the first check asks for it. */
  readonly runtime: () => Promise<Runtime>;
  /** Whether networks of maps alone are run in pieces, as for large pictures. */
  readonly pieces?: boolean;
};

/** Computes a case with the project's own code and compares. */
export type KindCheck = (c: Case, context: Context) => Promise<Result>;

/** Reads the case of a folder; the kind is the one in case.json. */
export const readCase = async (folder: string): Promise<Case> => {
  const json = JSON.parse(await readFile(join(folder, 'case.json'), 'utf8'));
  const at = (path: string): string => resolve(folder, path);
  const models = Object.entries<string | string[]>(json.models ?? {}).map(([role, paths]) => [
    role,
    Array.isArray(paths) ? paths.map(at) : at(paths),
  ]);
  const tensors = await readTensors(join(folder, 'tensors.safetensors'));
  const withPrefix = (prefix: string): Record<string, Numbers> =>
    Object.fromEntries(
      Object.entries(tensors).flatMap(([name, value]) => (name.startsWith(prefix) ? [[name.slice(prefix.length), value]] : [])),
    );
  return {
    kind: json.kind ?? basename(dirname(folder)),
    name: basename(folder),
    folder,
    options: json.options ?? {},
    ...(json.model && { model: at(json.model) }),
    models: Object.fromEntries(models),
    tolerance: { abs: json.tolerance?.abs ?? 0, outputs: json.tolerance?.outputs ?? {} },
    ...(json.expect && { expect: json.expect }),
    inputs: withPrefix('in.'),
    outputs: withPrefix('out.'),
  };
};

/** A float32 input; throws when the case has none of that name. */
export const floats = (c: Case, name: string): Tensor => {
  const value = c.inputs[name];
  if (!(value?.data instanceof Float32Array)) throw new Error(`${c.kind}/${c.name}: no float32 input ${name}`);
  return { dims: value.dims, data: value.data };
};

/** An int64 input; throws when the case has none of that name. */
export const integers = (c: Case, name: string): IntTensor => {
  const value = c.inputs[name];
  if (!(value?.data instanceof BigInt64Array)) throw new Error(`${c.kind}/${c.name}: no int64 input ${name}`);
  return { dims: value.dims, data: value.data };
};

/** Parts of the field that cases name and that this program has. */
const NEEDS: readonly string[] = ['sdxl', 'zero-snr', 'freeu-plus'];

/** What an option may be: one of some values, anything of a type, or what a rule accepts. */
type Allowed = readonly unknown[] | 'number' | 'numbers' | 'text' | 'any' | ((value: unknown) => boolean);

const fits = (value: unknown, allowed: Allowed): boolean => {
  if (allowed === 'any') return true;
  if (typeof allowed === 'function') return allowed(value);
  if (allowed === 'number') return typeof value === 'number';
  if (allowed === 'numbers') return Array.isArray(value) && value.every(entry => typeof entry === 'number');
  if (allowed === 'text') return typeof value === 'string';
  return allowed.includes(value);
};

/** Why a check does not know how to compute a case: an option, or an input, that is not in its lists; undefined when it does. */
export const unknownIn = (
  c: Case,
  options: Readonly<Record<string, Allowed>>,
  inputs: readonly (string | RegExp)[],
): string | undefined => {
  for (const [key, value] of Object.entries(c.options)) {
    if (key === 'needs') {
      const need = (value as readonly string[]).find(each => !NEEDS.includes(each));
      if (need !== undefined) return `need ${need} is not known`;
      continue;
    }
    const allowed = options[key];
    if (!allowed) return `option ${key} is not known`;
    if (!fits(value, allowed)) return `option ${key} = ${JSON.stringify(value)} is not known`;
  }
  const stranger = Object.keys(c.inputs).find(
    name => !inputs.some(known => (typeof known === 'string' ? known === name : known.test(name))),
  );
  return stranger === undefined ? undefined : `input ${stranger} is not known`;
};
