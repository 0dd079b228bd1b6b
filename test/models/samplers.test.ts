import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addNoise, interpret } from '../../models/samplers/arithmetic.ts';
import { ScheduleError } from '../../models/samplers/config.ts';
import { type Denoise, type Sampler, sample } from '../../models/samplers/sampler.ts';
import { readSamplers } from '../../models/samplers/samplers.ts';
import { firstStep, readSchedule } from '../../models/samplers/schedule.ts';
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
const ddim = (config: object, count: number, first = 0): Sampler => readSamplers({ ...config }).open('ddim', { count, first });
const visited = (config: object, steps: number): number[] => ddim(config, steps).steps.map(s => s.t);

describe('readSchedule', () => {
  test("Stable Diffusion's alpha_bars", () => {
    const { alphaBars, prediction } = readSchedule(stable);
    expect(alphaBars[0]).toBeCloseTo(0.99915, 8);
    expect(alphaBars[999]).toBeCloseTo(0.00466009, 7);
    expect(prediction).toBe('epsilon');
    expect(ddim(stable, 5).steps.at(-1)?.alphaBarNext).toBe(alphaBars[0]);
  });

  test.each([
    [{ beta_schedule: 'sigmoid' }, 'beta_schedule "sigmoid"'],
    [{ prediction_type: 'flow' }, 'prediction_type "flow"'],
    [{ timestep_spacing: 'random' }, 'timestep_spacing "random"'],
    [{ beta_start: '0.1' }, 'beta_start must be a number'],
    [{ rescale_betas_zero_snr: 1 }, 'rescale_betas_zero_snr must be true or false'],
    [{ num_train_timesteps: 0 }, 'num_train_timesteps must be a whole number from 1 to 100000'],
    [{ num_train_timesteps: 1e10 }, 'num_train_timesteps must be a whole number from 1 to 100000, got 10000000000'],
    [{ num_train_timesteps: 1e300 }, 'num_train_timesteps must be a whole number from 1 to 100000'],
    [{ trained_betas: [0.1, 2] }, 'trained_betas must be a list'],
  ])('%j is refused by name', (config, message) => {
    expect(() => readSchedule(config, 'm/scheduler_config.json')).toThrow(ScheduleError);
    expect(() => readSchedule(config, 'm/scheduler_config.json')).toThrow(`m/scheduler_config.json: ${message}`);
  });

  test.each([
    ['DDIMScheduler', 1],
    [undefined, 1],
    ['PNDMScheduler', 3],
    ['EulerDiscreteScheduler', 3],
  ])('with a config of %s that does not mention clipping DDIM makes %d of 3', (_class_name, expected) => {
    expect(ddim({ _class_name }, 1).threshold(tensor([1], Float32Array.of(3))).data[0]).toBe(expected);
  });

  test('a schedule rescaled to zero SNR keeps its first alpha_bar and ends at 0, where noise alone cannot be predicted', () => {
    const rescaled = { ...stable, rescale_betas_zero_snr: true };
    const { alphaBars } = readSchedule(rescaled);
    expect(alphaBars[0]).toBeCloseTo(0.99915, 8);
    expect(alphaBars[999]).toBe(0);
    expect(() => ddim({ ...rescaled, timestep_spacing: 'trailing' }, 4)).toThrow(
      /rescale_betas_zero_snr true needs prediction_type v_prediction/,
    );
    expect(ddim({ ...rescaled, timestep_spacing: 'trailing', prediction_type: 'v_prediction' }, 4).steps[0]?.alphaBar).toBe(0);
    expect(ddim(rescaled, 4).steps[0]?.alphaBar).toBeGreaterThan(0);
  });

  test('every family of betas gives falling alpha_bars in (0, 1)', () => {
    for (const beta_schedule of ['linear', 'scaled_linear', 'squaredcos_cap_v2']) {
      const { alphaBars } = readSchedule({ ...stable, beta_schedule });
      expect(alphaBars.every((a, t) => a > 0 && a < (alphaBars[t - 1] ?? 1))).toBe(true);
    }
    expect([...readSchedule({ trained_betas: [0.5, 0.5] }).alphaBars]).toEqual([0.5, 0.25]);
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

  test('alpha_bars rise from step to step and every step begins at its timestep', () => {
    const spacing = fc.constantFrom('leading', 'trailing', 'linspace');
    fc.assert(
      fc.property(spacing, fc.integer({ min: 1, max: 300 }), (timestep_spacing, count) => {
        const schedule = readSchedule({ ...stable, timestep_spacing });
        for (const { t, alphaBar, alphaBarNext } of ddim({ ...stable, timestep_spacing }, count).steps) {
          expect(alphaBar).toBe(schedule.alphaBars[t]);
          expect(alphaBarNext).toBeGreaterThanOrEqual(alphaBar);
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
  const run = (config: object, steps = 10): Promise<Tensor> => sample(ddim({ ...base, ...config }, steps), model, deterministic);

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
    const sampler = ddim(base, 10, 8);
    const start = addNoise(deterministic, deterministic, sampler.steps[0]!.alphaBar);
    expect(sum(await sample(sampler, model, start))).toBeCloseTo(354.5418, 2);
  });

  test.each([
    [420, 400, 0.14771],
    [980, 960, 0.3246],
    [487, 486, 0.00979],
    [999, 998, 0.02],
  ])('the variance from %d to %d is %d', (t, next, variance) => {
    const { alphaBars } = readSchedule(base);
    const { spread } = readSamplers(base).open('ddim', { count: 10, eta: 1 });
    expect(spread({ index: 0, t, alphaBar: alphaBars[t]!, alphaBarNext: alphaBars[next]! }) ** 2).toBeCloseTo(variance, 4);
  });

  test('eta adds fresh noise; without a source of it the run is refused', async () => {
    const sampler = readSamplers(base).open('ddim', { count: 3, eta: 1 });
    const noisy = await sample(sampler, model, deterministic, { noise: () => deterministic });
    expect(sum(noisy)).not.toBeCloseTo(sum(await run({}, 3)), 0);
    await expect(sample(sampler, model, deterministic)).rejects.toThrow(ScheduleError);
  });

  test.each(['epsilon', 'v_prediction', 'sample'] as const)('%s: clean sample and noise make x again', prediction => {
    const [x, output] = [tensor([2], Float32Array.of(0.3, -2)), tensor([2], Float32Array.of(1.1, 0.4))];
    const { denoised, eps } = interpret(prediction, x, output, 0.36);
    const again = addNoise(denoised, eps, 0.36);
    again.data.forEach((v, i) => {
      expect(v).toBeCloseTo(x.data[i]!, 6);
    });
  });

  test('hooks see each step once and may replace its input and its clean sample', async () => {
    const order: string[] = [];
    const flat = tensor(shape, new Float32Array(768).fill(0.5));
    const out = await sample(ddim(stable, 2), model, deterministic, {
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
    const control = new AbortController();
    let calls = 0;
    const counting: Denoise = async x => {
      if (++calls === 2) control.abort(new Error('enough'));
      return x;
    };
    await expect(sample(ddim(stable, 9), counting, deterministic, { signal: control.signal })).rejects.toThrow('enough');
    expect(calls).toBe(2);
  });
});
