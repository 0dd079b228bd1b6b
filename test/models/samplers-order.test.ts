// Every sampler on data whose denoiser is known exactly: Gaussian numbers, for which the way of each is a formula.
import { describe, expect, test } from 'vitest';
import { SAMPLERS, type SamplerName } from '../../config/samplers.ts';
import { ScheduleError } from '../../models/samplers/config.ts';
import { type Denoise, type Sampler, type StepState, sample } from '../../models/samplers/sampler.ts';
import { readSamplers } from '../../models/samplers/samplers.ts';
import { type Tensor, tensor } from '../../models/tensor.ts';

const STABLE = { beta_start: 0.00085, beta_end: 0.012, beta_schedule: 'scaled_linear', skip_prk_steps: true, clip_sample: false };
const NAMES = SAMPLERS.filter(name => name !== 'auto');
const STOCHASTIC: readonly SamplerName[] = ['euler-a', 'dpm++2m-sde', 'dpm++2m-sde-karras', 'lcm'];
const DETERMINISTIC = NAMES.filter(name => !STOCHASTIC.includes(name));

const open = (name: SamplerName, count: number, config: object = {}, first = 0): Sampler =>
  readSamplers({ ...STABLE, ...config }).open(name, { count, first });

const [MEAN, SPREAD] = [0.7, 0.4];
/** Standard deviation and mean of sqrt(a) x0 + sqrt(1 - a) eps where x0 is normal with MEAN and SPREAD. */
const normal = (alphaBar: number) => ({ mean: Math.sqrt(alphaBar) * MEAN, deviation: Math.sqrt(alphaBar * SPREAD ** 2 + 1 - alphaBar) });
/** The exact noise estimate: E[eps | x]. */
const exact: Denoise = async (x, { alphaBar }) => {
  const { mean, deviation } = normal(alphaBar);
  return tensor(
    x.dims,
    x.data.map(v => (Math.sqrt(1 - alphaBar) * (v - mean)) / deviation ** 2),
  );
};
/** Where the probability flow takes x: it keeps the distance from the mean in deviations. */
const flow = (x: number, from: number, to: number): number => {
  const [a, b] = [normal(from), normal(to)];
  return b.mean + ((x - a.mean) / a.deviation) * b.deviation;
};
const START = 1.3;
const start = tensor([1, 1, 1, 1], Float32Array.of(START));
const noise = ({ index }: { index: number }): Tensor => tensor([1, 1, 1, 1], Float32Array.of([0.3, -1.1, 0.6][index % 3]!));

/** Distance from the exact flow after a run of `count` steps, of the levels that a run of that many visits. */
const errorOf = async (name: SamplerName, count: number, config: object): Promise<number> => {
  const sampler = open(name, count, config);
  const out = await sample(sampler, exact, start);
  return Math.abs(out.data[0]! - flow(START, sampler.steps[0]!.alphaBar, sampler.steps.at(-1)!.alphaBarNext));
};

describe('order of convergence', () => {
  /** How many times less the error is with twice as many steps: 2^order. */
  const gain = async (name: SamplerName, config: object = {}, count = 20): Promise<number> =>
    (await errorOf(name, count, config)) / (await errorOf(name, 2 * count, config));

  test.each<[SamplerName, number, object]>([
    ['ddim', 1, {}],
    ['euler', 1, {}],
    ['euler-karras', 1, { final_sigmas_type: 'sigma_min' }],
    ['dpm++2m-karras', 2, { final_sigmas_type: 'sigma_min' }],
    ['dpm++2m-karras', 2, { final_sigmas_type: 'sigma_min', solver_type: 'heun' }],
    ['unipc-karras', 3, { final_sigmas_type: 'sigma_min', lower_order_final: false }],
    ['unipc-karras', 3, { final_sigmas_type: 'sigma_min', lower_order_final: false, solver_type: 'bh1' }],
  ])('%s is of order %d with %j', async (name, order, config) => {
    const measured = Math.log2(await gain(name, config));
    expect(measured).toBeGreaterThan(order - 0.45);
  });

  test('at twenty steps the higher orders are nearer to the flow', async () => {
    const config = { final_sigmas_type: 'sigma_min' };
    const [euler, dpm, unipc] = [
      await errorOf('euler-karras', 20, config),
      await errorOf('dpm++2m-karras', 20, config),
      await errorOf('unipc-karras', 20, config),
    ];
    expect(dpm).toBeLessThan(euler / 4);
    expect(unipc).toBeLessThan(dpm);
    expect(await errorOf('pndm', 20, {})).toBeLessThan((await errorOf('ddim', 20, {})) / 3);
  });
});

describe.each(NAMES)('%s', name => {
  test('ends at the data, from noise or from the middle', async () => {
    const ends = await Promise.all(
      [-2, -1, 0, 1, 2].map(
        async z =>
          (await sample(open(name, name === 'lcm' ? 4 : 30), exact, tensor([1], Float32Array.of(z)), { noise: () => tensor([1]) }))
            .data[0]!,
      ),
    );
    expect(ends.every(x => Math.abs(x - MEAN) < 3 * SPREAD)).toBe(true);
    expect(ends[2]).toBeCloseTo(MEAN, 1);
  });

  test('the same input gives the same bits, and a run that is continued from any step ends as the whole one', async () => {
    for (const first of [0, 3]) {
      const sampler = open(name, 8, {}, first);
      const states: StepState[] = [];
      const whole = await sample(sampler, exact, start, { noise, onStep: state => void states.push(state) });
      expect((await sample(sampler, exact, start, { noise })).data).toEqual(whole.data);
      for (const [i, { x, direction, memory }] of states.entries()) {
        const rest = await sample({ ...sampler, steps: sampler.steps.slice(i + 1) }, exact, x, { noise, direction, memory });
        expect(rest.data).toEqual(whole.data);
      }
    }
  });

  test('steps go from noise to data, each from where the one before ended but for the repeated ones of PNDM', () => {
    const { steps } = open(name, 12);
    steps.forEach(({ index, alphaBar, alphaBarNext }, i) => {
      expect(index).toBe(i);
      expect(alphaBarNext).toBeGreaterThanOrEqual(alphaBar);
      if (i > 0) expect(alphaBar).toBeCloseTo(steps[i - 1]!.alphaBarNext, 9);
    });
  });

  test('a picture that is edited to at every step is what comes out', async () => {
    const wanted = tensor([1, 1, 1, 1], Float32Array.of(-3));
    const out = await sample(open(name, 10, { set_alpha_to_one: true }), exact, start, { noise, editDenoised: () => wanted });
    expect(out.data[0]).toBeCloseTo(-3, 1);
  });
});

describe('configs', () => {
  test.each<[SamplerName, object, RegExp]>([
    ['dpm++2m', { algorithm_type: 'dpmsolver' }, /algorithm_type "dpmsolver" is not supported/],
    ['dpm++2m', { solver_order: 4 }, /solver_order 4 is not supported/],
    ['dpm++2m', { variance_type: 'learned_range' }, /variance_type "learned_range" is not supported/],
    ['dpm++2m', { use_flow_sigmas: true }, /use_flow_sigmas true is not supported/],
    ['dpm++2m', { use_lu_lambdas: true, use_exponential_sigmas: true }, /use_lu_lambdas and use_exponential_sigmas exclude each other/],
    ['euler', { interpolation_type: 'log_linear' }, /interpolation_type "log_linear" is not supported/],
    ['euler', { timestep_type: 'continuous' }, /timestep_type "continuous" is not supported/],
    ['euler', { final_sigmas_type: 'half' }, /final_sigmas_type "half" is not supported/],
    ['unipc', { predict_x0: false }, /predict_x0 false is not supported/],
    ['unipc', { disable_corrector: 'all' }, /disable_corrector must be a list of numbers/],
    ['unipc', { solver_p: {} }, /solver_p {} is not supported/],
    ['pndm', { prediction_type: 'sample' }, /prediction_type "sample" is not supported by PNDM/],
    ['lcm', { original_inference_steps: 4 }, /original_inference_steps 4 allows/],
    ['ddim', { _class_name: 'FlowMatchEulerDiscreteScheduler' }, /follows flow matching, which is not supported: give a model of/],
    ['euler', { _class_name: 'EDMEulerScheduler' }, /follows EDM's rule of noise/],
    ['auto', { _class_name: 'HeunDiscreteScheduler' }, /_class_name HeunDiscreteScheduler is none of/],
  ])('%s refuses %j by its key', (name, config, message) => {
    expect(() => open(name, 8, config)).toThrow(ScheduleError);
    expect(() => open(name, 8, config)).toThrow(message);
  });

  test.each<[string, SamplerName]>([
    ['EulerAncestralDiscreteScheduler', 'euler-a'],
    ['UniPCMultistepScheduler', 'unipc'],
    ['LCMScheduler', 'lcm'],
    ['PNDMScheduler', 'pndm'],
  ])('auto takes a config of %s for %s', (_class_name, name) => {
    expect(open('auto', 6, { _class_name }).steps).toEqual(open(name, 6, { _class_name }).steps);
  });

  // diffusers: np.linspace, np.arange and Karras' formula by hand
  test.each<[SamplerName, object, number[]]>([
    ['dpm++2m', {}, [999, 749, 500, 250]],
    ['dpm++2m', { timestep_spacing: 'trailing' }, [999, 749, 499, 249]],
    ['dpm++2m', { timestep_spacing: 'leading', steps_offset: 1 }, [801, 601, 401, 201]],
    ['dpm++2m', { lambda_min_clipped: -2 }, [876, 657, 438, 219]],
    ['euler', {}, [999, 666, 333, 0]],
    ['lcm', {}, [999, 759, 499, 259]],
    ['pndm', { steps_offset: 1 }, [751, 501, 501, 251, 1]],
    ['pndm', { timestep_spacing: 'trailing' }, [999, 749, 749, 499, 249]],
    ['pndm', { timestep_spacing: 'linspace' }, [999, 666, 666, 333, 0]],
    ['pndm', { skip_prk_steps: false }, [750, 625, 625, 500, 500, 375, 375, 250, 250, 125, 125, 0, 0]],
  ])('%s with %j visits %j', (name, config, expected) => {
    expect(open(name, 4, config).steps.map(({ t }) => t)).toEqual(expected);
  });

  test('one step and as many as the schedule has timesteps are possible', () => {
    for (const name of NAMES.filter(name => name !== 'lcm')) {
      expect(open(name, 1).steps.map(s => s.index)).toEqual([0]);
      expect(() => open(name, 1001)).toThrow(/do not fit a schedule of 1000/);
    }
  });

  test('thresholding keeps each sample within its own quantile', () => {
    const { threshold } = open('dpm++2m', 4, { thresholding: true, dynamic_thresholding_ratio: 0.5, sample_max_value: 10 });
    const out = threshold(tensor([2, 3], Float32Array.of(-4, 2, 8, 0.1, 0.2, 3)));
    expect([...out.data].map(v => Math.round(v * 100) / 100)).toEqual([-1, 0.5, 1, 0.1, 0.2, 1]);
  });

  test('deterministic samplers ask for no noise', async () => {
    for (const name of DETERMINISTIC) await sample(open(name, 5), exact, start);
    for (const name of STOCHASTIC) await expect(sample(open(name, 5), exact, start)).rejects.toThrow(ScheduleError);
  });
});
