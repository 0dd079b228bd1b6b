// Runs of diffusers 0.42.1's own schedulers in double precision over the keys of scheduler_config.json that the shared cases leave out.
// Each case of samplers-reference.json holds the config, what the network said at each step (`outs`), the fresh noise,
// and x after each step (null: not a number there).
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { blend } from '../../models/samplers/arithmetic.ts';
import { sample } from '../../models/samplers/sampler.ts';
import { readSamplers } from '../../models/samplers/samplers.ts';
import { type Tensor, tensor } from '../../models/tensor.ts';

type Reference = {
  readonly class: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly steps: number;
  readonly start: number;
  readonly sample: number[];
  readonly timesteps: number[];
  readonly outs: number[][];
  readonly noises: number[][];
  readonly latents: (number[] | null)[];
};

const cases = JSON.parse(readFileSync(new URL('./samplers-reference.json', import.meta.url), 'utf8')) as Reference[];
const x = (values: readonly number[] = []): Tensor => tensor([1, 1, values.length, 1], Float32Array.from(values));

const COMMON = ['num_train_timesteps', 'beta_start', 'beta_end'];
const named = cases.map(c => {
  const keys = Object.entries(c.config).filter(([key, value]) => !COMMON.includes(key) && value !== 'scaled_linear');
  return [`${c.class} ${JSON.stringify(Object.fromEntries(keys))}, ${c.steps} steps from ${c.start}`, c] as const;
});

describe("diffusers' schedulers", () => {
  test.each(named)('%s', async (_, { class: _class_name, config, steps: count, start: first, ...reference }) => {
    const sampler = readSamplers({ ...config, _class_name }).open('auto', { count, first });
    const times = sampler.steps.map(({ t }) => t);
    expect(times.length).toBe(reference.timesteps.length);
    for (const [i, t] of times.entries()) expect(Math.abs(t - reference.timesteps[i]!)).toBeLessThan(0.01);
    /** Euler's latents are x0 + sigma eps there. */
    const unit = (alphaBar: number): number => (_class_name.startsWith('Euler') ? 1 / Math.sqrt(alphaBar) : 1);
    await sample(
      sampler,
      async (_, { index }) => x(reference.outs[index - first]),
      blend([1 / unit(sampler.steps[0]!.alphaBar), x(reference.sample)]),
      {
        noise: ({ index }) => x(reference.noises[index - first]),
        onStep: ({ step: { index, alphaBarNext }, x: after }) => {
          const expected = reference.latents[index - first];
          blend([unit(alphaBarNext), after]).data.forEach((v, i) => {
            if (expected) expect(Math.abs(v - expected[i]!)).toBeLessThan(2e-5 * Math.max(1, Math.abs(expected[i]!)));
            else expect(Number.isFinite(v)).toBe(true);
          });
        },
      },
    );
  });
});
