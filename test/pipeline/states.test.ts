import { describe, expect, test } from 'vitest';
import { fromHalf, toHalf } from '../../models/math/half.ts';
import { gaussian } from '../../models/math/random.ts';
import { cleanPort } from '../../pipeline/steps/ports.ts';
import { packStates, unpackStates } from '../../pipeline/steps/states.ts';
import { packTensor, unpackTensor } from '../../pipeline/steps/tensors.ts';

const states = (seed: number) => [undefined, gaussian({ seed, purpose: 'a' }, [2, 3, 5]), gaussian({ seed, purpose: 'b' }, [2, 7, 1])];

describe('states as bytes', () => {
  test('come back as they were, with the layers that left none', () => {
    for (const stored of [states(1), [...states(2), undefined, ...states(3)], []]) {
      const packed = packStates({ half: false, states: stored });
      const last = stored.findLastIndex(state => state !== undefined);
      expect(unpackStates(packed)).toEqual({ half: false, states: stored.slice(0, last + 1) });
      expect(unpackStates(Uint8Array.from([0, ...packed]).subarray(1)).states).toEqual(stored.slice(0, last + 1)); // wherever they lie
    }
  });

  test('as halves are within half a unit of the eleventh bit, and half as long', () => {
    const exact = states(9);
    const packed = packStates({ half: true, states: exact });
    const { half, states: stored } = unpackStates(packed);
    expect(half).toBe(true);
    expect(stored.map(state => state?.dims)).toEqual(exact.map(state => state?.dims));
    stored.forEach((state, layer) => {
      state?.data.forEach((v, i) => {
        const truth = exact[layer]!.data[i]!;
        expect(Math.abs(v - truth)).toBeLessThanOrEqual(Math.abs(truth) * 2 ** -11);
      });
    });
    const numbers = 2 * 3 * 5 + 2 * 7;
    expect(packStates({ half: false, states: exact }).length - packed.length).toBe(2 * numbers + 1); // "false" is a letter longer
    expect(packStates({ half, states: stored })).toEqual(packed);
  });

  test('clean latents stay whole', () => {
    const clean = gaussian({ seed: 9, purpose: 'clean' }, [1, 4, 2, 3]);
    expect(unpackTensor(packTensor(clean))).toEqual(clean);
    expect(cleanPort).toMatchObject({ pack: packTensor, unpack: unpackTensor });
  });
});

test('every half survives float32, and float32 is rounded to the nearest half', () => {
  const all = Uint16Array.from({ length: 0x10000 }, (_, h) => h);
  const numbers = all.filter(h => ((h >> 10) & 31) !== 31 || (h & 1023) === 0);
  expect(toHalf(fromHalf(numbers))).toEqual(numbers);
  expect(Number.isNaN(fromHalf(toHalf(Float32Array.of(Number.NaN)))[0])).toBe(true);
  const cases = [1 + 2 ** -11, 1 + 3 * 2 ** -11, 65519, 65520, 2 ** -25, 3 * 2 ** -26, -1e-9, 1e9];
  expect([...fromHalf(toHalf(Float32Array.from(cases)))]).toEqual([1, 1 + 2 ** -9, 65504, Infinity, 0, 2 ** -24, -0, Infinity]);
});
