// FreeU's rows for the model in use: of which family it is, told from its U-Net's config or the names in its file.
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Family, type FreeURows, type RowFacts, rowsOf } from '../../config/freeu-rows.ts';
import type { Options } from '../../config/options.ts';
import { familyOf } from '../../models/inspect/inspect.ts';
import { readConfig } from '../../models/networks/config.ts';
import { openCheckpoint } from '../../models/open/checkpoint.ts';

export type Purpose = RowFacts['purpose'];

/** Families of files that were looked into: a session settles options for every drawing. */
const FILES = new Map<string, Promise<Family | undefined>>();

const ofFile = async (path: string): Promise<Family | undefined> => {
  const { unet } = (await openCheckpoint(path)).parts;
  return unet && familyOf(unet.config.values);
};

/** The family of a model; undefined where it cannot be told: opening it says what is wrong. */
export const modelFamily = async (path: string): Promise<Family | undefined> => {
  const there = await stat(path).catch(() => undefined);
  if (!there) return undefined;
  const nothing = (): undefined => undefined;
  if (there.isDirectory()) return readConfig(join(path, 'unet')).then(({ values }) => familyOf(values), nothing);
  const key = `${path} ${there.size} ${there.mtimeMs}`;
  const found = FILES.get(key) ?? ofFile(path).catch(nothing);
  FILES.set(key, found);
  return found;
};

/** What `--freeu auto` and `--freeu authors` stand for with a model. */
export const freeuRows = async ({ model, lora }: Pick<Options, 'model' | 'lora'>, path: string, purpose: Purpose): Promise<FreeURows> =>
  rowsOf({ family: await modelFamily(path), names: [path, ...(model === undefined ? [] : [model])], loras: lora.length, purpose });
