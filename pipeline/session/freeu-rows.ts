// FreeU's rows for the model in use: of which family it is, told from its U-Net's config or the names in its file.
import { resolve } from 'node:path';
import { parseLoras } from '../../config/adapters.ts';
import { type FreeURows, type RowFacts, rowsOf } from '../../config/freeu-rows.ts';
import type { Options } from '../../config/options.ts';
import { snapshotAt } from '../../models/hub/snapshot.ts';
import { familyAt } from '../../models/inspect/family.ts';
import { modelSigns } from '../../models/open/model-signs.ts';

export type Purpose = RowFacts['purpose'];

/** What `--freeu auto` and `--freeu authors` stand for with a model. LoRAs of weight 0 count as none. */
export const freeuRows = async (
  { modelConfig, lora }: Pick<Options, 'modelConfig' | 'lora'>,
  path: string,
  purpose: Purpose,
): Promise<FreeURows> => {
  const configs = modelConfig && (await snapshotAt(modelConfig));
  const { derived } = (await modelSigns(path, configs)).marks;
  const loras = parseLoras(lora).filter(({ weight }) => weight !== 0).length;
  return rowsOf({ family: await familyAt(path, configs), path: resolve(path), derived, loras, purpose });
};
