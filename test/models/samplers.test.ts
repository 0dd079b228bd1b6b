import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addNoise, type Denoise, ddim, ddimOptions, interpret } from '../../models/samplers/ddim.ts';
import { ddimSteps, firstStep, readSchedule, ScheduleError } from '../../models/samplers/schedule.ts';
import { type Tensor, tensor } from '../../models/tensor.ts';

// The deterministic sample and model of diffusers' scheduler tests.
const shape = [4, 3, 8, 8];
const deterministic = tensor(shape);
for (let i = 0; i < 768; i++) {
  const [a, b, c, d] = [Math.floor(i / 256), Math.floor(i / 32) % 8, Math.floor(i / 4) % 8, i % 4]; // [3, 8, 8, 4] to [4, 3, 8, 8]
  deterministic.data[((d * 3 + a) * 8 + b) * 8 + c] = i / 768;
}
const scaled = (x: Tensor, by: number): Tensor =>
  tensor(
    x.dims,
    x.data.map(v => v * by),
  );
const model: Denoise = async (x, { t }) => scaled(x, t / (t + 1));
const sum = (x: Tensor): number => x.data.reduce((total, v) => total + Math.abs(v), 0);

const base = { beta_start: 1e-4, beta_end: 0.02, beta_schedule: 'linear', clip_sample: true };
const stable = {
  beta_start: 0.00085,
  beta_end: 0.012,
  beta_schedule: 'scaled_linear',
  clip_sample: false,
  set_alpha_to_one: false,
  steps_offset: 1,
};
const visited = (config: object, steps: number): number[] => ddimSteps(readSchedule({ ...config }), steps).map(s => s.t);

describe('readSchedule', () => {
  test("Stable Diffusion's alphas", () => {
    const { alphas, finalAlpha, clip, prediction } = readSchedule(stable);
    expect(alphas[0]).toBeCloseTo(0.99915, 8);
    expect(alphas[999]).toBeCloseTo(0.00466009, 7);
    expect({ finalAlpha, clip, prediction }).toEqual({ finalAlpha: alphas[0], clip: Infinity, prediction: 'epsilon' });
  });

  test.each([
    [{ beta_schedule: 'sigmoid' }, 'beta_schedule "sigmoid"'],
    [{ prediction_type: 'flow' }, 'prediction_type "flow"'],
    [{ timestep_spacing: 'random' }, 'timestep_spacing "random"'],
    [{ thresholding: true }, 'thresholding true'],
    [{ rescale_betas_zero_snr: true }, 'rescale_betas_zero_snr true'],
    [{ beta_start: '0.1' }, 'beta_start must be a number'],
    [{ clip_sample: 1 }, 'clip_sample must be true or false'],
    [{ num_train_timesteps: 0 }, 'num_train_timesteps must be a positive integer'],
    [{ trained_betas: [0.1, 2] }, 'trained_betas must be a list'],
  ])('%j is refused by name', (config, message) => {
    expect(() => readSchedule(config, 'm/scheduler_config.json')).toThrow(ScheduleError);
    expect(() => readSchedule(config, 'm/scheduler_config.json')).toThrow(`m/scheduler_config.json: ${message}`);
  });

  test.each([
    ['DDIMScheduler', 1],
    [undefined, 1],
    ['PNDMScheduler', Infinity],
    ['EulerDiscreteScheduler', Infinity],
  ])('a config of %s that does not mention clipping clips to %d', (_class_name, clip) => {
    expect(readSchedule({ _class_name }).clip).toBe(clip);
  });

  test('every family of betas gives falling alphas in (0, 1)', () => {
    for (const beta_schedule of ['linear', 'scaled_linear', 'squaredcos_cap_v2']) {
      const { alphas } = readSchedule({ ...stable, beta_schedule });
      expect(alphas.every((a, t) => a > 0 && a < (alphas[t - 1] ?? 1))).toBe(true);
    }
    expect([...readSchedule({ trained_betas: [0.5, 0.5] }).alphas]).toEqual([0.5, 0.25]);
  });
});

describe('ddimSteps', () => {
  test.each<[string, object, number, number[]]>([
    ['leading', stable, 5, [801, 601, 401, 201, 1]],
    ['leading, 7 does not divide 1000', stable, 7, [853, 711, 569, 427, 285, 143, 1]],
    ['trailing', { ...stable, timestep_spacing: 'trailing' }, 4, [999, 749, 499, 249]],
    [
      'trailing rounds halves to even',
      { timestep_spacing: 'trailing' },
      16,
      [999, 937, 874, 811, 749, 687, 624, 561, 499, 437, 374, 311, 249, 187, 124, 61],
    ],
    ['linspace', { timestep_spacing: 'linspace' }, 4, [999, 666, 333, 0]],
    ['one step', { timestep_spacing: 'linspace' }, 1, [0]],
  ])('%s', (_, config, steps, expected) => {
    expect(visited(config, steps)).toEqual(expected);
  });

  test('20 steps of Stable Diffusion are 951, 901, ..., 1', () => {
    expect(visited(stable, 20)).toEqual(Array.from({ length: 20 }, (_, i) => 951 - 50 * i));
  });

  test.each([0, -1, 1.5, 1001])('%d steps are refused', steps => {
    expect(() => visited(base, steps)).toThrow(ScheduleError);
  });

  test('alphas rise from step to step and every step begins at its timestep', () => {
    const spacing = fc.constantFrom('leading', 'trailing', 'linspace');
    fc.assert(
      fc.property(spacing, fc.integer({ min: 1, max: 300 }), (timestep_spacing, count) => {
        const schedule = readSchedule({ ...stable, timestep_spacing });
        for (const { t, alpha, alphaNext } of ddimSteps(schedule, count)) {
          expect(alpha).toBe(schedule.alphas[t]);
          expect(alphaNext).toBeGreaterThanOrEqual(alpha);
        }
      }),
    );
  });
});

describe('firstStep', () => {
  test.each([
    [10, 1, 0],
    [10, 0, 10],
    [20, 0.8, 4],
    [20, 0.9, 2],
    [8, 0.6, 4],
    [10, 1.7, 0],
  ])('%d steps at strength %d begin at %d', (count, strength, expected) => {
    expect(firstStep(count, strength)).toBe(expected);
  });
});

describe('ddim', () => {
  const run = (config: object, steps = 10): Promise<Tensor> => {
    const schedule = readSchedule({ ...base, ...config });
    return ddim(model, deterministic, ddimSteps(schedule, steps), ddimOptions(schedule));
  };

  // The numbers of diffusers' test_scheduler_ddim.py.
  test.each([
    [{}, 172.0067],
    [{ prediction_type: 'v_prediction' }, 52.5302],
    [{ beta_start: 0.01, set_alpha_to_one: true }, 149.8295],
    [{ beta_start: 0.01, set_alpha_to_one: false }, 149.0784],
  ])('%j ends with a sum of %d', async (config, expected) => {
    expect(sum(await run(config))).toBeCloseTo(expected, 2);
  });

  test('noise added at step 8 and run on ends with a sum of 354.5418', async () => {
    const schedule = readSchedule(base);
    const steps = ddimSteps(schedule, 10).slice(8);
    const start = addNoise(deterministic, deterministic, steps[0]!.alpha);
    expect(sum(await ddim(model, start, steps, ddimOptions(schedule)))).toBeCloseTo(354.5418, 2);
  });

  test.each([
    [420, 400, 0.14771],
    [980, 960, 0.3246],
    [487, 486, 0.00979],
    [999, 998, 0.02],
  ])('the variance from %d to %d is %d', async (t, next, variance) => {
    const { alphas } = readSchedule(base);
    const step = { index: 0, t, alpha: alphas[t]!, alphaNext: alphas[next]! };
    const [zero, one] = [tensor([1]), tensor([1], Float32Array.of(1))];
    const out = await ddim(async () => zero, zero, [step], { prediction: 'sample', stochastic: { eta: 1, noise: () => one } });
    expect(out.data[0]! ** 2).toBeCloseTo(variance, 4);
  });

  test.each(['epsilon', 'v_prediction', 'sample'] as const)('%s: clean sample and noise make x again', prediction => {
    const [x, output] = [tensor([2], Float32Array.of(0.3, -2)), tensor([2], Float32Array.of(1.1, 0.4))];
    const { denoised, eps } = interpret(prediction, x, output, 0.36);
    const again = addNoise(denoised, eps, 0.36);
    again.data.forEach((v, i) => {
      expect(v).toBeCloseTo(x.data[i]!, 6);
    });
  });

  test('a run that is continued from its middle ends as the whole run does', async () => {
    const schedule = readSchedule(stable);
    const steps = ddimSteps(schedule, 6);
    const seen: { x: Tensor; direction: Tensor }[] = [];
    const whole = await ddim(model, deterministic, steps, { ...ddimOptions(schedule), onStep: s => void seen.push(s) });
    const { x, direction } = seen[2]!;
    const rest = await ddim(model, x, steps.slice(3), { ...ddimOptions(schedule), direction });
    expect(rest.data).toEqual(whole.data);
  });

  test('hooks see each step once and may replace its input and its clean sample', async () => {
    const schedule = readSchedule(stable);
    const order: string[] = [];
    const flat = tensor(shape, new Float32Array(768).fill(0.5));
    const out = await ddim(model, deterministic, ddimSteps(schedule, 2), {
      ...ddimOptions(schedule),
      editInput: ({ step, x, direction }) => {
        order.push(`input ${step.t} ${step.index === 0 ? sum(direction) : 'later'}`);
        return x;
      },
      editDenoised: async ({ step, denoised }) => {
        order.push(`denoised ${step.t}`);
        return step.index === 1 ? flat : denoised;
      },
      onStep: ({ step, denoised }) => void order.push(`step ${step.index} ${denoised === flat}`),
    });
    expect(order).toEqual(['input 501 0', 'denoised 501', 'step 0 false', 'input 1 later', 'denoised 1', 'step 1 true']);
    expect(out.dims).toEqual(shape);
  });

  test('an aborted run stops before the next step', async () => {
    const schedule = readSchedule(stable);
    const control = new AbortController();
    let calls = 0;
    const counting: Denoise = async x => {
      if (++calls === 2) control.abort(new Error('enough'));
      return x;
    };
    const running = ddim(counting, deterministic, ddimSteps(schedule, 9), { ...ddimOptions(schedule), signal: control.signal });
    await expect(running).rejects.toThrow('enough');
    expect(calls).toBe(2);
  });
});
