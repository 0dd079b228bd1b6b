// What the metadata of a safetensors file says of what it holds: Stability's ModelSpec, kohya's trainer, mergers of checkpoints.
import type { WeightFile } from './open-weights.ts';

/** Each is undefined where nothing says it. */
export type FileMarks = {
  /** What its maker calls it, and the key that says it. */
  readonly title?: { readonly text: string; readonly key: string };
  /** Which model it is, or was trained on: `stable-diffusion-xl-v1-base`, `sdxl_base_v1-0`; and the key that says it. */
  readonly base?: { readonly text: string; readonly key: string };
  /** Pixels of the smaller side that it is made for. */
  readonly side?: number;
  /** The key that says that it was trained further or merged from others. */
  readonly derived?: string;
};

const TITLES = ['modelspec.title', 'ss_output_name'];
const BASES = ['ss_base_model_version', 'modelspec.architecture'];
const DERIVED = ['modelspec.merged_from', 'sd_merge_models', 'sd_merge_recipe', 'ss_sd_model_name', 'ss_base_model_version'];

const RESOLUTION = /^\s*(\d{2,5})\s*x\s*(\d{2,5})\s*$/; // ModelSpec's `resolution`: (width)x(height)

const firstOf = (metadata: Readonly<Record<string, string>>, keys: readonly string[]): FileMarks['title'] => {
  const key = keys.find(each => (metadata[each] ?? '').trim() !== '');
  return key === undefined ? undefined : { key, text: metadata[key]!.trim().slice(0, 200) };
};

/** Reads the marks of a file; none of a torch file, which has no metadata. */
export const fileMarks = ({ metadata = {} }: Pick<WeightFile, 'metadata'>): FileMarks => {
  const [title, base, derived] = [TITLES, BASES, DERIVED].map(keys => firstOf(metadata, keys));
  const [, width, height] = RESOLUTION.exec(metadata['modelspec.resolution'] ?? '') ?? [];
  return {
    ...(title && { title }),
    ...(base && { base }),
    ...(width !== undefined && { side: Math.min(Number(width), Number(height)) }),
    ...(derived && { derived: derived.key }),
  };
};
