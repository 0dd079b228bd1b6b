import { describe, expect, test } from 'vitest';
import { fromHalf, toHalf } from '../../models/math/half.ts';
import { gaussian } from '../../models/math/random.ts';
import { diskStore } from '../../pipeline/graph/store.ts';
import { openStates, StatesError } from '../../pipeline/states.ts';
import { temporaryFolder } from '../support/temporary.ts';

const store = diskStore(temporaryFolder());
const states = (limit: number, half = false, kept = {}) => openStates(store, { limit, half, kept });
const step = (seed: number) => ({
  states: [undefined, gaussian({ seed, purpose: 'a' }, [2, 3, 5]), gaussian({ seed, purpose: 'b' }, [2, 7, 1])],
  clean: gaussian({ seed, purpose: 'clean' }, [1, 4, 2, 3]),
});

describe('states', () => {
  test.each([0, 400, 1e6])('come back as they were, with %i bytes of memory and after a restart', async limit => {
    const kept = { key: `keyframes-${limit}`, as: 'anchor' } as const;
    const before = states(limit);
    for (const i of [1, 2, 3]) await before.remember(kept, i, step(i));
    for (const opened of [before, states(0)]) {
      for (const i of [1, 2, 3]) expect(await opened.memory(kept).read(i)).toEqual(step(i));
      expect(await opened.has(kept, [1, 2, 3])).toBe(true);
      expect(await opened.has(kept, [1, 2, 3, 4])).toBe(false);
      expect(await opened.has({ ...kept, as: 'previous' }, [1])).toBe(false);
    }
    await before.forget(kept, [2]);
    expect(await before.has(kept, [2])).toBe(false);
    await expect(before.memory(kept).read(2)).rejects.toThrow('run again');
    expect((await before.memory(kept).read(3)).clean).toEqual(step(3).clean);
  });

  test('what a run with other settings left behind is not taken', async () => {
    const kept = { key: 'keyframes-other', as: 'anchor' } as const;
    await states(0, false, { adaPeriod: 'off' }).remember(kept, 1, { states: step(1).states });
    const opened = states(0, false, { adaPeriod: [0.8, 1] });
    expect(await opened.has(kept, [1])).toBe(false);
    await expect(opened.memory(kept).read(1)).rejects.toBeInstanceOf(StatesError);
  });

  test('as halves are within half a unit of the eleventh bit; clean latents stay whole', async () => {
    const kept = { key: 'keyframes-half', as: 'anchor' } as const;
    const opened = states(1e6, true);
    await opened.remember(kept, 0, step(9));
    const { states: [, a] = [], clean } = await opened.memory(kept).read(0);
    expect(clean).toEqual(step(9).clean);
    a!.data.forEach((v, i) => {
      const exact = step(9).states[1]!.data[i]!;
      expect(Math.abs(v - exact)).toBeLessThanOrEqual(Math.abs(exact) * 2 ** -11);
    });
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
