// What a file says of its U-Net's output: the noise (epsilon) or the velocity (v). Names and dims of the weights are the same for both.
import { access, readFile } from 'node:fs/promises';
import type { WeightFile } from './open-weights.ts';

export type Told = 'epsilon' | 'v_prediction';

const WORDS: Readonly<Record<string, Told>> = {
  epsilon: 'epsilon',
  eps: 'epsilon',
  v: 'v_prediction',
  v_prediction: 'v_prediction',
  velocity: 'v_prediction',
};

const word = (text: string | undefined): Told | undefined => (text === undefined ? undefined : WORDS[text.trim().toLowerCase()]);

/** `parameterization: "v"` of the LDM config that is kept beside a checkpoint under the same name. */
const sidecar = async (path: string): Promise<Told | undefined> => {
  const yaml = path.replace(/\.[^./\\]+$/, '.yaml');
  const exists = await access(yaml).then(
    () => true,
    () => false,
  );
  if (!exists || yaml === path) return undefined;
  const [, value = 'eps'] = /^\s*parameterization:\s*["']?(\w+)/m.exec(await readFile(yaml, 'utf8')) ?? [];
  return word(value);
};

const LINEAR = 'use_linear_projection'; // true from Stable Diffusion 2 on

/**
 * In this order: the config file beside the checkpoint, the file's metadata, a mark among its tensors, and the family: Stable
 * Diffusion 1 predicts the noise. Of Stable Diffusion 2 there are both; undefined then.
 */
export const toldPrediction = async (file: WeightFile, unet: Readonly<Record<string, unknown>>): Promise<Told | undefined> => {
  const metadata = word(file.metadata?.['modelspec.prediction_type'] ?? file.metadata?.prediction_type);
  const marked = file.find('v_pred', []) ? 'v_prediction' : undefined;
  return (await sidecar(file.label)) ?? metadata ?? marked ?? (unet[LINEAR] === true ? undefined : 'epsilon');
};
