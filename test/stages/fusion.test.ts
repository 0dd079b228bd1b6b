// The fusion of two directions against reference outputs, and what must hold of it.
import { describe, expect, test } from 'vitest';
import { openArena } from '../../stages/kernels/arena.ts';
import { loadKernels } from '../../stages/kernels/load.ts';
import { errorMask } from '../../stages/propagate/error-mask.ts';
import { layOutFusion, openLab, solvePoisson } from '../../stages/propagate/fusion.ts';
import type { PropagateKernels } from '../../stages/propagate/kernels.ts';
import { rgbToLab8 } from '../../stages/vision/operators.ts';
import { readCase } from '../conformance/case.ts';
import { compare } from '../conformance/compare.ts';
import { blendOps } from '../conformance/rerender-blend.ts';
import { texture } from './clip.ts';

test.each(Object.keys(blendOps))('%s equals its reference', async op => {
  const c = await readCase(new URL(`../oracles/rerender-ops/${op}`, import.meta.url).pathname);
  expect(compare(c, blendOps[op]!(c))).toMatchObject({ pass: true });
});

test('the errors of one frame are compared with each other: where only the first direction fails, the last is taken', () => {
  const [bad, good] = [Float32Array.of(9, 9), Float32Array.of(1, 1)];
  expect([...errorMask(bad, good, 4, 9)]).toEqual([1, 1]);
  expect([...errorMask(good, bad, 4, 9)]).toEqual([0, 0]);
  expect([...errorMask(bad, good, 0, 9)]).toEqual([0, 0]);
  expect([...errorMask(bad, good, 0, 1)]).toEqual([0, 0]);
});

describe('on pictures', () => {
  const size = { width: 45, height: 31 };
  const count = size.width * size.height;
  const { memory, picture, ...regions } = openArena(arena => ({ ...layOutFusion(arena, size), picture: arena.bytes(3 * count) }));
  const kernels = loadKernels<PropagateKernels>('propagate', memory);
  const lab = openLab(kernels, regions, count);

  test('LAB follows the 8-bit scale of OpenCV, and comes back to the same bytes', () => {
    const { data } = texture(size.width, size.height);
    picture.data.set(data);
    lab.to(picture, 3, regions.mix);
    const reference = rgbToLab8({ ...size, data }).data;
    for (let p = 0; p < count; p++) {
      for (let c = 0; c < 3; c++) expect(Math.abs(regions.mix.data[c * count + p]! - reference[3 * p + c]!)).toBeLessThan(1.6);
    }
    lab.from(regions.mix, picture);
    expect(picture.data).toEqual(data);
  });

  test('with its own gradients a picture stays as it is; without trust, too', () => {
    const { mix, first, last, side, trust } = regions;
    mix.data.forEach((_, p) => {
      mix.data[p] = first.data[p] = 100 + 50 * Math.sin(0.7 * p);
      last.data[p] = 255 - mix.data[p]!;
    });
    const before = mix.data.slice();
    side.data.fill(0);
    trust.data.fill(1);
    solvePoisson(kernels, regions, size);
    expect(mix.data).toEqual(before);
    side.data.fill(1);
    trust.data.fill(0);
    solvePoisson(kernels, regions, size);
    expect(mix.data).toEqual(before);
  });
});
