// Models and LoRAs distilled for a few steps without guidance: what says that one is. Weights of Lightning, Turbo and Hyper-SD alone do not
// tell it; names, metadata and schedulers do, and an LCM's U-Net, which reads the guidance.
import { modelName } from '../../config/model-name.ts';
import { cut } from '../../config/show.ts';
import type { FileMarks } from '../weights/file-marks.ts';

type Values = Readonly<Record<string, unknown>>;

/** A model or a LoRA that is made for few steps. */
export type FewSteps = {
  /** The model or the LoRA. */
  readonly name: string;
  readonly kind: 'Lightning' | 'Turbo' | 'Hyper-SD' | 'LCM' | 'Lightning or Turbo';
  /** What says so: `its name`, `its metadata (modelspec.title "...")`, `its scheduler (...)`, `its U-Net (...)`. */
  readonly by: string;
  /** Whether guidance is an input of its U-Net, so that any is right. */
  readonly readsGuidance: boolean;
  /** Whether its own scheduler is LCM's, which `--sampler auto` takes. */
  readonly ownSampler: boolean;
};

const WORDS: readonly (readonly [RegExp, FewSteps['kind']])[] = [
  [/lightning/i, 'Lightning'],
  [/turbo/i, 'Turbo'],
  [/hyper-?sd/i, 'Hyper-SD'],
  [/(^|[^a-z])lcm([^a-z]|$)/i, 'LCM'],
];

const kindIn = (text: string): FewSteps['kind'] | undefined => WORDS.find(([word]) => word.test(text))?.[1];

/** What is looked at: of a LoRA path and marks alone. */
export type FewStepsFacts = {
  readonly path: string;
  readonly marks?: FileMarks;
  /** A folder's scheduler_config.json; a file's schedule is only its family's. */
  readonly scheduler?: Values | undefined;
  readonly unet?: Values | undefined;
};

/** By its scheduler: that of LCM; Euler's with trailing steps of noise prediction, which no base model has. */
const scheduled = (scheduler: Values): Pick<FewSteps, 'kind' | 'by'> | undefined => {
  const { _class_name: name, timestep_spacing: spacing, prediction_type: prediction = 'epsilon' } = scheduler;
  if (name === 'LCMScheduler' || name === 'TCDScheduler') return { kind: 'LCM', by: `its scheduler (${name})` };
  if (!/^Euler(Ancestral)?DiscreteScheduler$/.test(String(name)) || spacing !== 'trailing') return undefined;
  if (prediction !== 'epsilon' || scheduler.rescale_betas_zero_snr === true) return undefined;
  return { kind: 'Lightning or Turbo', by: `its scheduler (${name} with trailing steps)` };
};

/** What says that a model or a LoRA is made for few steps; undefined where nothing does. The name goes before, then what the file says. */
export const fewSteps = ({ path, marks = {}, scheduler, unet }: FewStepsFacts): FewSteps | undefined => {
  const name = modelName(path);
  const readsGuidance = typeof unet?.time_cond_proj_dim === 'number';
  const found = (kind: FewSteps['kind'] | undefined, by: string): Pick<FewSteps, 'kind' | 'by'> | undefined => kind && { kind, by };
  const { title } = marks;
  const ownSampler = scheduler?._class_name === 'LCMScheduler';
  const told =
    found(kindIn(name), 'its name') ??
    (title && found(kindIn(title.text), `its metadata (${title.key} ${JSON.stringify(cut(title.text))})`)) ??
    (readsGuidance ? found('LCM', 'its U-Net, which reads the guidance (time_cond_proj_dim)') : undefined) ??
    (scheduler && scheduled(scheduler));
  return told && { name, ...told, readsGuidance, ownSampler };
};
