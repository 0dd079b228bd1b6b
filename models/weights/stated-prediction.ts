// What a file says of its U-Net's output: the noise (epsilon) or the velocity (v). Names and dims of the weights are the same for both.
import { exists } from '../../config/exists.ts';
import { decodeText } from '../../config/json.ts';
import { readSmallFile } from '../../config/read-file.ts';
import type { WeightFile } from './open-weights.ts';
import { WeightError } from './weight-source.ts';

export type Stated = 'epsilon' | 'v_prediction';

/** What a U-Net predicts, and what says so, in words. */
export type StatedPrediction = { readonly prediction: Stated; readonly by: string };

const WORDS: ReadonlyMap<string, Stated> = new Map([
  ['epsilon', 'epsilon'],
  ['eps', 'epsilon'],
  ['v', 'v_prediction'],
  ['v_prediction', 'v_prediction'],
  ['velocity', 'v_prediction'],
]);

const word = (text: string | undefined): Stated | undefined => (text === undefined ? undefined : WORDS.get(text.trim().toLowerCase()));

/** `parameterization: "v"` of the LDM config beside a checkpoint under the same name. */
const sidecar = async (path: string): Promise<Stated | undefined> => {
  const yaml = path.replace(/\.[^./\\]+$/, '.yaml');
  if (yaml === path || !(await exists(yaml))) return undefined;
  const bytes = await readSmallFile(yaml).catch((cause: Error) => {
    throw new WeightError(`${yaml}: cannot be read: ${cause.message}`, { cause });
  });
  const text = decodeText(bytes, reason => new WeightError(`${yaml}: ${reason}`));
  const [, value = 'eps'] = /^[ \t]*parameterization:[ \t]*["']?(\w+)/m.exec(text) ?? [];
  return word(value);
};

/** Whether a file says that its training ended in pure noise (zero terminal SNR): a mark among its tensors. */
export const statedZeroSnr = (file: WeightFile): boolean => file.find('ztsnr', []) !== undefined;

const VELOCITY = 'v_pred';
const LINEAR = 'use_linear_projection'; // true from Stable Diffusion 2 on
const ADDED = 'addition_embed_type'; // of SDXL

/**
 * In this order: the config file beside the checkpoint, the file's metadata, a mark among its tensors, and the family: Stable
 * Diffusion 1 predicts the noise, and so does SDXL where nothing says otherwise. Of Stable Diffusion 2 there are both; undefined then.
 */
export const statedPrediction = async (
  file: WeightFile,
  unet: Readonly<Record<string, unknown>>,
): Promise<StatedPrediction | undefined> => {
  const beside = await sidecar(file.label);
  if (beside) return { prediction: beside, by: 'the .yaml beside it' };
  const key = ['modelspec.prediction_type', 'prediction_type'].find(each => file.metadata?.[each] !== undefined);
  const written = key && word(file.metadata?.[key]);
  if (written) return { prediction: written, by: `its metadata (${key})` };
  if (file.find(VELOCITY, [])) return { prediction: 'v_prediction', by: `its tensor ${VELOCITY}` };
  if (unet[LINEAR] === true && unet[ADDED] !== 'text_time') return undefined;
  return { prediction: 'epsilon', by: 'its family, as nothing in it says otherwise' };
};
