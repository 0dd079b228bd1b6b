// What a model or an adapter was recognised as, and by what: names, metadata, marks among the tensors, configs, widths.
import { publishedName } from '../../config/freeu-rows.ts';
import { EMBEDDED_MODELS } from '../../config/paths.ts';
import { fewSteps } from '../open/few-steps.ts';
import type { ModelFolder } from '../open/model-folder.ts';
import { modelSigns } from '../open/model-signs.ts';
import type { FileMarks } from '../weights/file-marks.ts';
import { familyOfWidth } from '../weights/lora/families.ts';
import { familySign } from '../weights/lora/family-fit.ts';
import { openLora } from '../weights/lora/read.ts';
import type { TensorInfo } from '../weights/weight-source.ts';
import type { Family } from './family.ts';

/** A finding and what shows it: `{ what: 'predicts v_prediction', by: 'its tensor v_pred' }`. */
export type Recognised = { readonly what: string; readonly by: string };

const fromMarks = ({ title, base, side }: FileMarks): Recognised[] => [
  ...(title ? [{ what: `is called ${JSON.stringify(title.text)}`, by: `its metadata (${title.key})` }] : []),
  ...(base ? [{ what: `names ${JSON.stringify(base.text)} as its base`, by: `its metadata (${base.key})` }] : []),
  ...(side === undefined ? [] : [{ what: `is made for ${side} pixels`, by: 'its metadata (modelspec.resolution)' }]),
];

const fewText = (found: ReturnType<typeof fewSteps>): Recognised[] =>
  found ? [{ what: `is made for few steps${found.readsGuidance ? '' : ' without guidance'} (${found.kind})`, by: found.by }] : [];

/** Whether it is one of the models that fine-tunes are made from: by its name alone, which metadata may contradict. */
const origin = (path: string, { derived }: FileMarks): Recognised => {
  if (derived !== undefined) return { what: 'is a fine-tune or a merge', by: `its metadata (${derived})` };
  const published = publishedName({ path });
  if (published !== undefined) return { what: `is ${published} itself`, by: 'its name' };
  return { what: 'counts as a fine-tune', by: 'its name, which is none of the published models' };
};

const isRefiner = ({ sdxl, texts }: ModelFolder): boolean => sdxl && texts.length === 1;

/** What a whole model was recognised as. */
export const recognisedModel = async (path: string, model: ModelFolder, family: Family): Promise<Recognised[]> => {
  const { marks } = await modelSigns(path);
  const { prediction, zeroSnr } = model.samplers.schedule;
  const { predictionBy: by, zeroSnrBy } = model;
  return [
    ...(family === 'text-to-video' || [...EMBEDDED_MODELS.values()].includes(path) || isRefiner(model) ? [] : [origin(path, marks)]),
    ...fromMarks(marks),
    ...model.fewSteps.flatMap(fewText),
    ...(zeroSnr ? [{ what: 'begins from pure noise (zero terminal SNR)', by: zeroSnrBy }] : []),
    ...(by === undefined ? [] : [{ what: `predicts ${prediction}`, by }]),
  ];
};

/** The family that a LoRA is for, and what else its file says. @throws as `openLora`, for kinds that are not supported */
export const recognisedLora = async (path: string): Promise<Recognised[]> => {
  const lora = await openLora({ path, weight: 1 });
  const sign = familySign(lora);
  return [
    ...(sign?.family === undefined ? [] : [{ what: `is for ${sign.family}`, by: sign.why }]),
    ...fromMarks(lora.marks),
    ...fewText(fewSteps({ path, marks: lora.marks })),
  ];
};

/** The family that an embedding is for, by its vectors. */
export const recognisedEmbedding = (tensors: readonly TensorInfo[]): Recognised[] => {
  if (tensors.some(({ name }) => name === 'clip_g')) return [{ what: 'is for SDXL', by: 'its vectors for two text encoders' }];
  const width = tensors[0]?.dims.at(-1);
  const family = familyOfWidth(width);
  return family === undefined ? [] : [{ what: `is for ${family}`, by: `the width of its vectors, ${width}` }];
};

/** The family that a ControlNet is for, by its config or what the dims of its weights tell. */
export const recognisedControl = (values: Readonly<Record<string, unknown>>): Recognised[] => {
  if (values.addition_embed_type === 'text_time') return [{ what: 'is for SDXL', by: 'the sizes that it reads' }];
  const width = values.cross_attention_dim;
  const family = familyOfWidth(typeof width === 'number' ? width : undefined);
  return family === undefined ? [] : [{ what: `is for ${family}`, by: `the width of the texts that it reads, ${width}` }];
};
