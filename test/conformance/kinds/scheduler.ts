// Kind scheduler: whole runs with stored answers of the network, step by step.
import { addNoise, blend } from '../../../models/samplers/arithmetic.ts';
import { sample } from '../../../models/samplers/sampler.ts';
import { readSamplers } from '../../../models/samplers/samplers.ts';
import { type Tensor, tensor } from '../../../models/tensor.ts';
import { floats, type KindCheck, unknownIn } from '../case.ts';
import { compare } from '../compare.ts';

/** Schedulers whose latents are x0 + sigma eps; here they are sqrt(alpha_bar) times that. */
const IN_SIGMA = ['EulerDiscreteScheduler', 'EulerAncestralDiscreteScheduler'];

/** Schedulers that tell of no noise levels. */
const BY_TIMESTEP = ['DDIMScheduler', 'PNDMScheduler', 'LCMScheduler'];

/** Schedulers that do not tell the predicted clean sample. */
const SILENT = ['PNDMScheduler', 'DPMSolverMultistepScheduler', 'UniPCMultistepScheduler'];

const CLASSES = [...new Set([...IN_SIGMA, ...BY_TIMESTEP, ...SILENT])];

const stack = (parts: readonly Tensor[]): Tensor =>
  tensor([parts.length, ...(parts[0]?.dims ?? [])], Float32Array.from(parts.flatMap(({ data }) => [...data])));

const entry = ({ dims: [, ...dims], data }: Tensor, i: number): Tensor => {
  const size = dims.reduce((n, d) => n * d, 1);
  return tensor(dims, data.slice(i * size, (i + 1) * size));
};

const list = (values: readonly number[]): Tensor => tensor([values.length], Float32Array.from(values));

const sigma = (alphaBar: number): number => Math.sqrt((1 - alphaBar) / alphaBar);

export const check: KindCheck = async c => {
  const inputs = ['sample', 'model_outputs', 'clean', 'noise', 'step_noise'];
  const skipped = unknownIn(c, { class: CLASSES, config: 'any', steps: 'number', start: 'number' }, inputs);
  if (skipped) return { skipped };
  const {
    class: className,
    config,
    steps: count,
    start: first,
  } = c.options as { class: string; config: object; steps: number; start: number };
  const samplers = readSamplers({ ...config, _class_name: className });
  const whole = samplers.open('auto', { count });
  const sampler = samplers.open('auto', { count, first });
  const { steps } = sampler;
  const inSigma = IN_SIGMA.includes(className);
  /** Between this project's latents and the scheduler's, at a level. */
  const unit = (alphaBar: number): number => (inSigma ? 1 / Math.sqrt(alphaBar) : 1);

  const seen: Tensor[] = [];
  const latents: Tensor[] = [];
  const clean: Tensor[] = [];
  const answers = floats(c, 'model_outputs');
  const x = blend([1 / unit(steps[0]!.alphaBar), floats(c, 'sample')]);
  await sample(sampler, async (_, { index }) => entry(answers, index - first), x, {
    editInput: ({ x }) => {
      seen.push(x);
      return x;
    },
    noise: ({ index }) => entry(floats(c, 'step_noise'), index - first),
    onStep: ({ step, x, denoised }) => {
      latents.push(blend([unit(step.alphaBarNext), x]));
      clean.push(denoised);
    },
  });
  const levels = [...whole.steps.map(({ alphaBar }) => alphaBar), whole.steps.at(-1)!.alphaBarNext];
  return compare(c, {
    timesteps: list(steps.map(({ t }) => t)),
    scaled_inputs: stack(seen),
    latents: stack(latents),
    noised: stack(steps.map(({ alphaBar }) => blend([unit(alphaBar), addNoise(floats(c, 'clean'), floats(c, 'noise'), alphaBar)]))),
    init_noise_sigma: list([whole.start * unit(whole.steps[0]!.alphaBar)]),
    ...(!SILENT.includes(className) && { pred_original_sample: stack(clean) }),
    ...(!BY_TIMESTEP.includes(className) && { sigmas: list(levels.map(sigma)) }),
  });
};
