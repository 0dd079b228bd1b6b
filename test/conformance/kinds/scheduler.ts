// Kind scheduler: whole runs with stored answers of the network, step by step.
import { addNoise, ddim, ddimOptions } from '../../../models/samplers/ddim.ts';
import { ddimSteps, readSchedule, type Schedule, ScheduleError } from '../../../models/samplers/schedule.ts';
import { type Tensor, tensor } from '../../../models/tensor.ts';
import { type Case, floats, type KindCheck, unknownIn } from '../case.ts';
import { compare } from '../compare.ts';

const stack = (parts: readonly Tensor[]): Tensor =>
  tensor([parts.length, ...(parts[0]?.dims ?? [])], Float32Array.from(parts.flatMap(({ data }) => [...data])));

const entry = ({ dims: [, ...dims], data }: Tensor, i: number): Tensor => {
  const size = dims.reduce((n, d) => n * d, 1);
  return tensor(dims, data.slice(i * size, (i + 1) * size));
};

/** The schedule of a case, or why this program does not have it. */
const scheduleOf = (c: Case): Schedule | string => {
  try {
    return readSchedule(c.options.config as Record<string, unknown>);
  } catch (error) {
    if (error instanceof ScheduleError) return error.message;
    throw error;
  }
};

export const check: KindCheck = async c => {
  const skipped = unknownIn(c, { class: ['DDIMScheduler'], config: 'any', steps: 'number', start: 'number' }, [
    'sample',
    'model_outputs',
    'clean',
    'noise',
  ]);
  if (skipped) return { skipped };
  const schedule = scheduleOf(c);
  if (typeof schedule === 'string') return { skipped: schedule };
  const start = c.options.start as number;
  const steps = ddimSteps(schedule, c.options.steps as number).slice(start);

  const inputs: Tensor[] = [];
  const latents: Tensor[] = [];
  const clean: Tensor[] = [];
  const answers = floats(c, 'model_outputs');
  await ddim(async (_, { index }) => entry(answers, index - start), floats(c, 'sample'), steps, {
    ...ddimOptions(schedule),
    editInput: ({ x }) => {
      inputs.push(x);
      return x;
    },
    onStep: ({ x, denoised }) => {
      latents.push(x);
      clean.push(denoised);
    },
  });
  return compare(c, {
    timesteps: tensor(
      [steps.length],
      Float32Array.from(steps, step => step.t),
    ),
    scaled_inputs: stack(inputs),
    latents: stack(latents),
    pred_original_sample: stack(clean),
    noised: stack(steps.map(({ alpha }) => addNoise(floats(c, 'clean'), floats(c, 'noise'), alpha))),
    init_noise_sigma: tensor([1], Float32Array.of(1)),
  });
};
