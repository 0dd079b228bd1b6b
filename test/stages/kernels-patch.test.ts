// The kernels of the patch search and of the fusion against their plain twins: equal bit for bit.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { openArena } from '../../stages/kernels/arena.ts';
import { loadKernels } from '../../stages/kernels/load.ts';
import { bindSearch } from '../../stages/propagate/bind-search.ts';
import { layOutFusion, openLab } from '../../stages/propagate/fusion.ts';
import type { PropagateKernels } from '../../stages/propagate/kernels.ts';
import { layOutLevels } from '../../stages/propagate/levels.ts';
import { LAB_TABLES } from '../../stages/propagate/tables.ts';
import { padded } from '../../stages/propagate/warper.ts';
import { filled, noise, scene } from './kernel-input.ts';
import * as plainFusion from './plain/fusion.ts';
import * as plain from './plain/patch.ts';

/** One level with pictures, matches, places and a mask in it. */
const open = ({ width, height, seed }: { width: number; height: number; seed: number }) => {
  const size = { width, height };
  const { memory, ...level } = openArena(arena => layOutLevels(arena, size, 1, 1)[0]!);
  const kernels = loadKernels<PropagateKernels>('propagate', memory);
  for (const [n, region] of [level.keyRgb, level.frameRgb, level.style, level.made].entries()) filled(region, noise(seed + n, 256));
  filled(level.matches, n => {
    const p = n >> 1;
    const still = noise(seed + 9, 2)(p >> 2); // runs of pixels whose matches are neighbours, among others
    return still ? (n % 2 ? Math.floor(p / width) : p % width) : noise(seed + 5, n % 2 ? height : width)(n);
  });
  filled(level.others, n => noise(seed + 6, n % 2 ? height : width)(n));
  filled(level.places, n => noise(seed + 7, 16 * ((n % 2 ? height : width) - 1) + 1)(n) / 16);
  filled(level.active, n => Math.min(1, noise(seed + 8, 4)(n)));
  padded(level.style.data, size, 4, level.border.data);
  return { size, level, kernels };
};

describe('patches', () => {
  test('features, distances, occupancy, search and vote equal their twins', () => {
    fc.assert(
      fc.property(scene, fc.integer({ min: 0, max: 64 }), fc.boolean(), fc.boolean(), (about, radius, backwards, lazily) => {
        const { size, level, kernels } = open(about);
        const { width, height } = size;
        const features = (rgb: typeof level.keyRgb, style: typeof level.style, out: typeof level.keyFeatures): Int16Array => {
          kernels.lumaPlane(rgb.at, width * height, level.luma.at);
          kernels.packSource(rgb.at, level.luma.at, width, height, out.at);
          kernels.packStyle(style.at, width, height, 0, out.at);
          const expected = plain.packSource(rgb.data, plain.lumaPlane(rgb.data), size);
          plain.packStyle(style.data, size, expected);
          expect(out.data).toEqual(expected);
          // Of a picture that differs at active pixels alone, those are enough.
          const whole = style.data.slice();
          for (const [p, isActive] of level.active.data.entries()) if (isActive) style.data[4 * p] = 255 - style.data[4 * p]!;
          kernels.packStyle(style.at, width, height, level.active.at, out.at);
          plain.packStyle(style.data, size, expected);
          expect(out.data).toEqual(expected);
          style.data.set(whole);
          kernels.packStyle(style.at, width, height, level.active.at, out.at);
          plain.packStyle(style.data, size, expected);
          return expected;
        };
        const source = features(level.keyRgb, level.style, level.keyFeatures);
        const target = features(level.frameRgb, level.made, level.frameFeatures);
        const measure = (mask: number): void =>
          kernels.evaluate(
            level.keyFeatures.at,
            level.frameFeatures.at,
            width,
            height,
            level.matches.at,
            mask,
            level.columns.at,
            level.distances.at,
          );
        level.distances.data.fill(-1);
        measure(level.active.at);
        const masked = level.distances.data.slice();
        measure(0);
        const distances = plain.evaluate(source, target, size, level.matches.data);
        expect(level.distances.data).toEqual(distances);
        expect(masked).toEqual(distances.map((distance, p) => (level.active.data[p] ? distance : -1)));
        kernels.occupancy(level.matches.at, width, height, level.rows.at, level.used.at);
        const used = plain.occupancy(level.matches.data, size);
        expect(level.used.data).toEqual(used);

        const [pullX, pullY, evenness] = [3e4 / width, 2e4 / height, 358.4];
        const on: plain.Bound = {
          ...size,
          source,
          target,
          matches: level.matches.data.slice(),
          distances,
          places: level.places.data,
          used,
          active: level.active.data,
          pullX,
          pullY,
          evenness,
        };
        if (lazily) {
          kernels.countUses(level.matches.at, width, height, level.rows.at);
          level.counted.data.set(level.matches.data);
          level.used.data.fill(-1);
        }
        bindSearch(kernels, level, { pullX, pullY, evenness }, lazily);
        kernels.search(backwards ? 1 : 0, radius, about.seed >>> 0);
        plain.search(on, backwards, radius, about.seed);
        expect(level.matches.data).toEqual(on.matches);
        expect(level.distances.data).toEqual(on.distances);
        if (lazily) {
          kernels.recountUses(level.matches.at, width, height, level.active.at, level.counted.at, level.rows.at);
          bindSearch(kernels, level, { pullX, pullY, evenness }, lazily);
          Object.assign(on, { used: plain.occupancy(on.matches, size) });
        }
        kernels.prefer(level.others.at, 1.5);
        plain.prefer(on, level.others.data, 1.5);
        expect(level.matches.data).toEqual(on.matches);

        const made = level.made.data.slice();
        kernels.vote(level.border.at, width, height, level.matches.at, level.active.at, level.made.at);
        plain.vote(level.border.data, size, on.matches, level.active.data, made);
        expect(level.made.data).toEqual(made);
      }),
      { numRuns: 40 },
    );
  });

  test('a scan never makes a match dearer', () => {
    const { size, level, kernels } = open({ width: 24, height: 18, seed: 5 });
    const { width, height } = size;
    kernels.evaluate(
      level.keyFeatures.at,
      level.frameFeatures.at,
      width,
      height,
      level.matches.at,
      0,
      level.columns.at,
      level.distances.at,
    );
    const before = level.distances.data.slice();
    level.used.data.fill(0);
    bindSearch(kernels, level, { pullX: 0, pullY: 0, evenness: 0 });
    kernels.search(0, 16, 1);
    for (const [p, distance] of level.distances.data.entries()) expect(distance).toBeLessThanOrEqual(before[p]!);
  });

  test('halving, doubling, masks, feathering and scattering equal their twins', () => {
    fc.assert(
      fc.property(scene, fc.integer({ min: 0, max: 5 }), (about, radius) => {
        const { size, level, kernels } = open(about);
        const { width, height } = size;
        const out = level.guide;
        const bytes = (count: number): Uint8Array => out.data.subarray(0, count);
        const half = ((width + 1) >> 1) * ((height + 1) >> 1);
        kernels.halve(level.keyRgb.at, width, height, 3, out.at);
        expect(bytes(3 * half)).toEqual(plain.halve(level.keyRgb.data, size, 3));
        kernels.halve(level.style.at, width, height, 4, out.at);
        expect(bytes(4 * half)).toEqual(plain.halve(level.style.data, size, 4));
        kernels.dilate(level.active.at, width, height, radius, level.rows.at, out.at);
        expect(bytes(width * height)).toEqual(plain.dilate(level.active.data, size, radius));
        kernels.feather(level.active.at, width, height, radius, level.rows.at, out.at);
        expect(bytes(width * height)).toEqual(plain.feather(level.active.data, size, radius));
        const shares = bytes(width * height).slice();
        const mended = plain.mend(level.style.data, level.made.data, shares);
        level.active.data.set(shares);
        kernels.mend(level.style.at, level.made.at, level.active.at, width * height);
        expect(level.style.data).toEqual(mended);
        const map = plain.halveMap(level.places.data, size);
        const places = level.places.data.slice();
        kernels.halveMap(level.places.at, width, height, level.distances.at); // 8 bytes a quarter of the pixels fit
        expect(new Float32Array(level.distances.data.buffer, level.distances.at, 2 * half)).toEqual(map);
        expect(level.places.data).toEqual(places);
        kernels.doubleMatches(level.others.at, width, height, level.matches.at);
        expect(level.matches.data).toEqual(plain.doubleMatches(level.others.data, size));
        kernels.scatter(width, height, about.seed >>> 0, level.matches.at);
        expect(level.matches.data).toEqual(plain.scatter(size, about.seed));
      }),
      { numRuns: 40 },
    );
  });
});

describe('fusion', () => {
  test('LAB there and back, and the Poisson solver, equal their twins', () => {
    fc.assert(
      fc.property(scene, fc.integer({ min: 0, max: 12 }), fc.constantFrom(6.25, 0.25), (about, sweeps, k) => {
        const { width, height, seed } = about;
        const count = width * height;
        const { memory, picture, ...regions } = openArena(arena => ({ ...layOutFusion(arena, about), picture: arena.bytes(3 * count) }));
        const kernels = loadKernels<PropagateKernels>('propagate', memory);
        const lab = openLab(kernels, regions, count);
        filled(picture, noise(seed, 256));
        lab.to(picture, 3, regions.mix);
        expect(regions.mix.data).toEqual(plainFusion.toLab(picture.data, LAB_TABLES));
        filled(regions.mix, n => noise(seed + 1, 9000)(n) / 32 - 10);
        lab.from(regions.mix, picture);
        expect(picture.data).toEqual(plainFusion.fromLab(regions.mix.data, LAB_TABLES));

        for (const [n, region] of [regions.first, regions.last].entries()) filled(region, p => noise(seed + n, 4096)(p) / 16);
        filled(regions.side, p => noise(seed + 3, 5)(p) / 4);
        filled(regions.trust, p => noise(seed + 4, 5)(p) / 4);
        const image = regions.mix.data.slice(0, count);
        const wanted = {
          width,
          height,
          image,
          a: regions.first.data,
          b: regions.last.data,
          share: regions.side.data,
          trust: regions.trust.data,
        };
        const { mix, first, last, side, trust, lacking, step, ahead } = regions;
        kernels.lacking(mix.at, first.at, last.at, side.at, trust.at, width, height, k, 100, lacking.at);
        kernels.solve(mix.at, width, height, k, sweeps, lacking.at, step.at, ahead.at);
        const residual = plainFusion.lacking(wanted, k, 100);
        expect(mix.data.subarray(0, count)).toEqual(plainFusion.solve(image, residual, width, height, k, sweeps));
      }),
      { numRuns: 40 },
    );
  });
});
