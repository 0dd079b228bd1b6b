// Working and output sizes.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { UsageError } from '../../config/errors.ts';
import { roundHalfEven } from '../../config/round-half-even.ts';
import { outputSize, type SizeOptions, workingSize } from '../../media/size.ts';

// biome-ignore format: a table
const WORKING: readonly (readonly [clip: [number, number], options: SizeOptions, wanted: [number, number]])[] = [
  [[1920, 1080], {}, [912, 512]],
  [[1080, 1920], {}, [512, 912]],
  [[541, 303], {}, [912, 512]],
  [[320, 240], {}, [680, 512]],
  [[320, 240], { size: 256 }, [344, 256]],
  [[1920, 1080], { multiple: 64 }, [896, 512]],
  [[2000, 20], {}, [4096, 64]],
  [[20, 2000], { size: 64 }, [64, 512]],
];

it.each(WORKING)('%j %j -> %j', ([width, height], options, wanted) => {
  expect(workingSize({ width, height }, options)).toEqual({ width: wanted[0], height: wanted[1] });
});

// biome-ignore format: a table
it.each<readonly [SizeOptions, RegExp]>([
  [{ size: 10 }, /--size 10 is too small/],
  [{ size: Number.NaN }, /--size NaN/],
])('refuses %j', (options, message) => {
  expect(() => workingSize({ width: 640, height: 480 }, options)).toThrow(UsageError);
  expect(() => workingSize({ width: 640, height: 480 }, options)).toThrow(message);
});

it('gives multiples near the shape of the clip', () => {
  const side = fc.integer({ min: 500, max: 4000 });
  fc.assert(
    fc.property(side, side, fc.constantFrom(8, 64), fc.integer({ min: 256, max: 1024 }), (width, height, multiple, size) => {
      const got = workingSize({ width, height }, { size, multiple });
      const k = size / Math.min(width, height);
      expect(got.width % multiple).toBe(0);
      expect(got.height % multiple).toBe(0);
      expect(Math.abs(got.width - width * k)).toBeLessThanOrEqual(multiple / 2 + 1e-6);
      expect(Math.abs(got.height - height * k)).toBeLessThanOrEqual(multiple / 2 + 1e-6);
    }),
  );
});

it('rounds halves to even numbers', () => {
  expect([0.5, 1.5, 2.5, 2.4, 2.6, -0.5].map(x => roundHalfEven(x) + 0)).toEqual([0, 2, 2, 2, 3, 0]);
});

// biome-ignore format: a table
it.each<readonly [[number, number], { width?: number; height?: number }, number, [number, number], number]>([
  [[541, 303], {}, 2, [540, 302], 1],
  [[541, 303], {}, 1, [541, 303], 0],
  [[640, 480], {}, 2, [640, 480], 0],
  [[1920, 1080], { width: 1280 }, 2, [1280, 720], 0],
  [[1080, 1920], { height: 480 }, 2, [270, 480], 0],
  [[1, 1], {}, 2, [2, 2], 1],
])('%j written at %j in steps of %i: %j', ([width, height], wanted, multiple, result, warned) => {
  const warnings: string[] = [];
  const size = outputSize({ width, height }, wanted, multiple, message => warnings.push(message));
  expect(size).toEqual({ width: result[0], height: result[1] });
  expect(warnings.length).toBe(warned);
});
