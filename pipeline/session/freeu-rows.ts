// FreeU's rows for the model in use: of which family it is, told from its U-Net's config or the names in its file.
import { stat } from 'node:fs/promises';
import { type Family, type FreeURows, type RowFacts, rowsOf } from '../../config/freeu-rows.ts';
import type { Options } from '../../config/options.ts';
import { familyAt } from '../../models/inspect/family.ts';

export type Purpose = RowFacts['purpose'];

/** Families of models that were looked into: a session settles options for every drawing. */
const FAMILIES = new Map<string, Promise<Family | undefined>>();

/** The family of a model; undefined where it cannot be told: opening it says what is wrong. */
export const modelFamily = async (path: string): Promise<Family | undefined> => {
  const there = await stat(path).catch(() => undefined);
  if (!there) return undefined;
  const key = `${path} ${there.size} ${there.mtimeMs}`;
  const found = FAMILIES.get(key) ?? familyAt(path);
  FAMILIES.set(key, found);
  return found;
};

/** What `--freeu auto` and `--freeu authors` stand for with a model. */
export const freeuRows = async ({ model, lora }: Pick<Options, 'model' | 'lora'>, path: string, purpose: Purpose): Promise<FreeURows> =>
  rowsOf({ family: await modelFamily(path), names: [path, ...(model === undefined ? [] : [model])], loras: lora.length, purpose });
