import { expect, test } from 'vitest';
import { gaussian } from '../../../models/math/random.ts';
import { tensor } from '../../../models/tensor.ts';
import { editWithNoise } from '../../../stages/keyframes/own-noise.ts';

test('a step goes on as if its noise had been estimated from the edit', () => {
  const [x, x0, edited] = ['x', 'x0', 'edited'].map(purpose => gaussian({ seed: 1, purpose }, [1, 4, 3, 5]));
  for (const [alphaBar, alphaBarNext] of [
    [0.3, 0.5],
    [0.997, 0.9995],
    [0.9, 1],
  ] as const) {
    const step = (clean: number, noise: number): number => Math.sqrt(alphaBarNext) * clean + Math.sqrt(1 - alphaBarNext) * noise;
    const noiseOf = (clean: number, i: number): number => (x!.data[i]! - Math.sqrt(alphaBar) * clean) / Math.sqrt(1 - alphaBar);
    const given = editWithNoise(x0!, edited!, { alphaBar, alphaBarNext });
    const [got, due] = [
      x!.data.map((_, i) => step(given.data[i]!, noiseOf(x0!.data[i]!, i))),
      x!.data.map((_, i) => step(edited!.data[i]!, noiseOf(edited!.data[i]!, i))),
    ];
    expect(Math.max(...got!.map((v, i) => Math.abs(v - due![i]!)))).toBeLessThan(1e-4);
  }
  expect(editWithNoise(tensor([1]), tensor([1], Float32Array.of(2)), { alphaBar: 0.5, alphaBarNext: 1 }).data[0]).toBe(2);
});
