// The frame's own noise in the pixel-aware mix.
import { expect, test } from 'vitest';
import { gaussian } from '../../../models/math/random.ts';
import { addNoise } from '../../../models/samplers/arithmetic.ts';
import { type Tensor, tensor } from '../../../models/tensor.ts';
import { inpaintMix, noiseTowards, planMix } from '../../../stages/keyframes/inpaint-mix.ts';

const dims = [1, 4, 6, 5];
const drawn = (purpose: string): Tensor => gaussian({ seed: 3, purpose }, dims);
const largest = (a: Tensor, b: Tensor): number => a.data.reduce((worst, v, i) => Math.max(worst, Math.abs(v - b.data[i]!)), 0);

const [source, target] = [drawn('source'), drawn('target')];
const start = { x: addNoise(source, drawn('noise'), 0.3), alphaBar: 0.3 };
const noise = noiseTowards(target, start);

/** x of a DDIM run that began at `start` and predicts `target` at every step. */
const onTheWay = (alphaBar: number): Tensor => addNoise(target, noise, alphaBar);

test('a run towards a target begins where the frame began', () => {
  expect(largest(onTheWay(start.alphaBar), start.x)).toBeLessThan(1e-5);
});

test.each([0, 0.4, 1])('mixing its own target in at weight %s leaves a run as it is, at every noise level', strength => {
  const ramp = tensor(
    [6, 5],
    Float32Array.from({ length: 30 }, (_, i) => i / 29),
  );
  const mix = planMix(target, ramp, { strength, inner: 0, smooth: false });
  for (const alphaBar of [0.35, 0.6, 0.95]) {
    const x = onTheWay(alphaBar);
    const direction = tensor(
      dims,
      noise.data.map(v => Math.sqrt(1 - alphaBar) * v),
    );
    expect(largest(inpaintMix(mix, { x, direction, noise, alphaBar }), x)).toBeLessThan(1e-5);
  }
});

test('another target takes its share, and no noise is added or lost', () => {
  const other = drawn('other');
  const whole = planMix(other, tensor([6, 5], new Float32Array(30).fill(1)), { strength: 0.5, inner: 0, smooth: false });
  const alphaBar = 0.6;
  const theirs = noiseTowards(other, start);
  const direction = tensor(
    dims,
    noise.data.map(v => Math.sqrt(1 - alphaBar) * v),
  );
  const mixed = inpaintMix(whole, { x: onTheWay(alphaBar), direction, noise: theirs, alphaBar });
  const halfway = tensor(
    dims,
    target.data.map((v, i) => (v + other.data[i]!) / 2),
  );
  expect(largest(mixed, addNoise(halfway, noiseTowards(halfway, start), alphaBar))).toBeLessThan(1e-5);
});
