// What FreeU's further settings build into the U-Net; their factors are inputs of it.
import { parseStages, type StageSettings } from '../../config/freeu-stages.ts';
import type { Options } from '../../config/options.ts';
import type { FreeUForms, StageForm } from '../../models/networks/blocks/freeu.ts';

const formOf = ({ offset, width, cutoff, high }: StageSettings): StageForm => ({
  ...((offset !== undefined || width !== undefined) && { window: { offset: offset ?? 0, width: width ?? 0.5 } }),
  ...(cutoff !== undefined && { cutoff }),
  ...(high !== undefined && { high: true }),
});

/** The forms of FreeU's stages; none of a stage that has nothing beside its factors. */
export const freeuFormsOf = ({ freeuStage }: Pick<Options, 'freeuStage'>): FreeUForms => {
  if (freeuStage.length === 0) return [];
  const [first, second, third] = parseStages(freeuStage);
  const plain = (form: StageForm): StageForm | undefined => (Object.keys(form).length > 0 ? form : undefined);
  return [plain(formOf(first)), plain(formOf(second)), Object.keys(third).length > 0 ? formOf(third) : undefined];
};
