// Reads a LoRA file: for each module its two matrices and its alpha, still under the file's own names.
import { AdapterError } from '../adapter-error.ts';
import { findAdapterFile } from '../adapter-file.ts';
import { controlVariant } from '../control-variants.ts';
import { type FileMarks, fileMarks } from '../file-marks.ts';
import { readNumbers } from '../numbers.ts';
import { openWeights } from '../open-weights.ts';
import type { TensorInfo } from '../weight-source.ts';
import { type AlphaRule, alphaRule } from './alphas.ts';
import { loraFamily } from './families.ts';
import { splitKey } from './keys.ts';

/** A LoRA and how strongly it is applied: 1 as trained, 0 not at all; negative weights take it away. */
export type LoraUse = { readonly path: string; readonly weight: number };

/** What a file tells about one module. */
export type LoraEntry = { readonly up?: TensorInfo; readonly down?: TensorInfo; readonly alpha?: number };

export type LoraFile = {
  readonly file: string;
  /** As it was named: a file, or the folder that it lies in. */
  readonly path: string;
  /** What its metadata says. */
  readonly marks: FileMarks;
  readonly weight: number;
  /** By the module's name in the file. */
  readonly entries: ReadonlyMap<string, LoraEntry>;
  readonly alphaOf: AlphaRule;
  /** The model that the file says it was trained on, where it says so. */
  readonly base: string | undefined;
};

const FILE_NAMES = ['pytorch_lora_weights.safetensors', 'pytorch_lora_weights.bin'];

/**
 * Opens a LoRA by its header; the matrices stay in the file.
 * Throws AdapterMissingError, a WeightError for a damaged file, an AdapterError for one that is no plain LoRA.
 */
export const openLora = async ({ path, weight }: LoraUse): Promise<LoraFile> => {
  const file = await findAdapterFile(path, FILE_NAMES, 'LoRA');
  const { tensors, metadata = {} } = await openWeights(file);
  const marks = fileMarks({ metadata });
  const variant = controlVariant(tensors.map(({ name }) => name));
  if (variant) throw new AdapterError(`${file}: ${variant.text}`);
  const other = loraFamily(tensors.map(({ name }) => name));
  if (other) throw new AdapterError(familyText(file, other, marks.base?.text));
  const entries = new Map<string, LoraEntry>();
  for (const info of tensors) {
    const { module, role } = splitKey(file, info.name);
    if (entries.get(module)?.[role] !== undefined) {
      throw new AdapterError(`${file}: ${info.name} is the second ${role} of ${module}: the file holds several LoRAs; save each by itself`);
    }
    const value = role === 'alpha' ? await readAlpha(file, info) : info;
    entries.set(module, { ...entries.get(module), [role]: value });
  }
  if (entries.size === 0) throw new AdapterError(`${file}: has no tensors`);
  return { file, path, marks, weight, entries, alphaOf: alphaRule(file, metadata), base: marks.base?.text };
};

/** Why a LoRA of another family is refused. @param base the model that the file names as its own */
const familyText = (file: string, { family, module }: { family: string; module: string }, base: string | undefined): string => {
  const says = base === undefined ? '' : `; it says it was trained on ${base}`;
  return (
    `the LoRA ${file} was made for another model: it is of the ${family} family (${module}${says}), and those of Stable ` +
    'Diffusion 1, 2 and XL and of ModelScope are read: leave it out, or give one that was trained on your --model'
  );
};

const readAlpha = async (file: string, info: TensorInfo): Promise<number> => {
  if (info.length > 8) throw new AdapterError(`${file}: ${info.name} is [${info.dims.join(', ')}], expects one number`);
  const [alpha, ...more] = await readNumbers(info);
  if (alpha === undefined || more.length > 0 || !Number.isFinite(alpha)) {
    throw new AdapterError(`${file}: ${info.name} is ${alpha ?? 'empty'}, expects one number`);
  }
  return alpha;
};
