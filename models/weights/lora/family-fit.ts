// Whether a LoRA and a model are of one family. Families share names of modules, so that a LoRA of another would fit in part.
import { AdapterError } from '../adapter-error.ts';
import { familyOfWidth } from './families.ts';
import type { LoraTarget } from './match.ts';
import type { LoraFile } from './read.ts';

const [SDXL, EARLIER] = ['SDXL', 'Stable Diffusion 1 or 2'] as const;

/** What shows a family, and the family where it is known. */
export type Sign = { readonly family: string | undefined; readonly why: string };

/** Modules that only SDXL has: those of its second text encoder. */
const SECOND_ENCODER = /^(lora_te2_|text_encoder_2\.|text_encoders\.clip_g\.)/;

/** SDXL's transformers have up to ten layers, those of Stable Diffusion 1 and 2 one. */
const FURTHER_LAYER = /transformer_blocks[._][1-9]/;

/** Attention where the picture is largest, which SDXL has none of; under diffusers' and LDM's names. */
const OUTER_ATTENTION =
  /(down_blocks[._]0|up_blocks[._]3)[._]attentions[._]|input_blocks[._][12][._]1[._]|output_blocks[._](9|10|11)[._]1[._]/;

const CROSS = /attn2[._](processor[._])?to[._][kv]([._]lora(_linear_layer)?)?$/;

/** Numbers of a text state that a cross-attention of the file reads. */
const readWidth = ({ entries }: LoraFile): { readonly module: string; readonly width: number } | undefined => {
  for (const [module, { down }] of entries) {
    const width = CROSS.test(module) ? down?.dims[1] : undefined;
    if (width !== undefined) return { module, width };
  }
  return undefined;
};

const widthsOf = (targets: readonly LoraTarget[]): number[] => {
  const modules = targets.find(({ component }) => component === 'unet')?.modules ?? new Map<string, readonly number[]>();
  return [...new Set([...modules].flatMap(([module, dims]) => (CROSS.test(module) ? [dims[1] ?? 0] : [])))];
};

/**
 * What of a file shows the family that it is for; undefined where nothing does.
 * @param except modules that show nothing: those that the model in use has
 */
export const familySign = (lora: LoraFile, except: (module: string) => boolean = () => false): Sign | undefined => {
  const names = [...lora.entries.keys()].filter(name => !except(name));
  const first = (sign: RegExp): string | undefined => names.find(name => sign.test(name));
  const [second, deep, outer] = [SECOND_ENCODER, FURTHER_LAYER, OUTER_ATTENTION].map(first);
  if (second !== undefined) return { family: SDXL, why: `it changes a second text encoder: ${second}` };
  if (deep !== undefined) return { family: SDXL, why: `its transformers have several layers: ${deep}` };
  const read = readWidth(lora);
  const family = familyOfWidth(read?.width) ?? (outer === undefined ? undefined : EARLIER);
  if (read) return { family, why: `${read.module} reads texts ${read.width} wide` };
  return outer === undefined ? undefined : { family: EARLIER, why: `it changes attention that SDXL does not have: ${outer}` };
};

/**
 * Refuses a LoRA of another family than the model's.
 * @param known whether a module's name in the file is one of the model's
 * @param label what the model is called in messages
 * @throws AdapterError naming both families and what shows them
 */
export const checkFamily = (lora: LoraFile, targets: readonly LoraTarget[], known: (module: string) => boolean, label: string): void => {
  const sdxl = targets.some(({ component }) => component === 'text_encoder_2');
  const widths = widthsOf(targets);
  const width = readWidth(lora)?.width;
  const reads = width === undefined || widths.length === 0 || widths.includes(width); // as the model does
  const sign = familySign(lora, known);
  if (!sign || (reads && (sign.family === SDXL) === sdxl)) return;
  if (reads && sign.family === undefined) return;
  const says = lora.base === undefined ? '' : `; it says it was trained on ${lora.base}`;
  const family = sdxl ? SDXL : familyOfWidth(widths[0]);
  const ours = family === undefined ? `reads texts ${widths.join(', ')} wide and has one text encoder` : `is of ${family}`;
  throw new AdapterError(
    `the LoRA ${lora.file} is for ${sign.family ?? 'another family'} (${sign.why}${says}), ${label} ${ours}: ` +
      'leave it out, or give one that was trained on your --model',
  );
};
