import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import type { Picture } from '../../media/frame.ts';
import type { FlowPair } from '../../stages/flow/estimate.ts';
import { flowGrid } from '../../stages/flow/grid.ts';
import { learnColours, mapColour } from '../../stages/propagate/colour-map.ts';
import { compose } from '../../stages/propagate/compose.ts';
import { openFaithfulTier } from '../../stages/propagate/faithful-tier.ts';
import { spread } from '../../stages/propagate/fill.ts';
import { lattice } from '../../stages/propagate/grid-map.ts';
import type { Interval, Tier } from '../../stages/propagate/interval.ts';
import { openPatchTier } from '../../stages/propagate/patch-tier.ts';
import { openPropagation } from '../../stages/propagate/propagate.ts';
import { warpTier } from '../../stages/propagate/warp-tier.ts';
import { flat, psnr, stylise, texture } from './clip.ts';
import { pack, warp } from './plain/warp.ts';

const range = (count: number) => Array.from({ length: count }, (_, i) => i);
const never = () => undefined;

const constant = (cells: number, dx: number, dy: number) => Float32Array.from({ length: 2 * cells }, (_, p) => (p % 2 === 0 ? dx : dy));

/** The known motion of a whole scene by (dx, dy) pixels a frame. */
const translation = ({ width, height }: Picture, dx: number, dy: number): FlowPair => {
  const grid = flowGrid(width, height);
  const cells = grid.width * grid.height;
  const [gx, gy] = [(dx * grid.width) / width, (dy * grid.height) / height];
  const visible = new Uint8Array(cells);
  return {
    ...grid,
    forward: constant(cells, gx, gy),
    backward: constant(cells, -gx, -gy),
    hiddenInFirst: visible,
    hiddenInSecond: visible,
  };
};

const moving = (width: number, height: number, count: number, [dx, dy]: readonly [number, number]): Interval => {
  const frames = range(count).map(n => texture(width, height, n * dx, n * dy));
  return {
    frames,
    flows: frames.slice(1).map(frame => translation(frame, dx, dy)),
    first: stylise(frames[0]!),
    last: stylise(frames.at(-1)!),
  };
};

const run = (tier: Tier, interval: Interval): Picture[] =>
  tier.whole(interval, never).map(data => ({ width: interval.first.width, height: interval.first.height, data }));

describe('kernels', () => {
  test('chaining two constant motions adds them', () => {
    const out = new Float32Array(2 * 12 * 9);
    compose(constant(12 * 9, 1.5, -1), constant(12 * 9, -4, 2.25), 12, 9, out);
    expect(out).toEqual(constant(12 * 9, -2.5, 1.25));
  });

  test('a chain reads the way on at the place the step leads to', () => {
    const chain = new Float32Array(2 * 4).map((_, p) => (p % 2 === 0 ? p / 2 : 0)); // x displacement = x
    const out = new Float32Array(2 * 4);
    compose(Float32Array.of(0.5, 0, 0.5, 0, 0.5, 0, 9, 0), chain, 4, 1, out);
    expect([...out].filter((_, p) => p % 2 === 0)).toEqual([1, 2, 3, 12]);
  });

  test('no displacement copies every byte, at any size and grid', () => {
    const side = fc.integer({ min: 1, max: 30 });
    fc.assert(
      fc.property(side, side, side, side, fc.infiniteStream(fc.integer({ min: 0, max: 255 })), (width, height, gw, gh, bytes) => {
        const data = Uint8Array.from({ length: 3 * width * height }, () => bytes.next().value as number);
        const out = new Uint8ClampedArray(data.length);
        warp(pack({ width, height, data }), new Float32Array(2 * gw * gh), lattice(width, height, { width: gw, height: gh }), out);
        expect([...out]).toEqual([...data]);
      }),
      { numRuns: 50 },
    );
  });

  test('a whole displacement moves pixels exactly; the border repeats', () => {
    const picture = texture(24, 16);
    const out = new Uint8ClampedArray(picture.data.length);
    warp(pack(picture), constant(12 * 8, 1.5, -1), lattice(24, 16, { width: 12, height: 8 }), out); // 3 and -2 pixels
    for (const [x, y] of [
      [5, 9],
      [20, 2],
      [23, 0],
      [0, 15],
    ] as const) {
      const from = 3 * (24 * Math.max(0, y - 2) + Math.min(23, x + 3));
      expect(out.subarray(3 * (24 * y + x), 3 * (24 * y + x) + 3)).toEqual(new Uint8ClampedArray(picture.data.subarray(from, from + 3)));
    }
  });

  test('a fraction of a pixel keeps the sharpness of a smooth texture', () => {
    const out = new Uint8ClampedArray(3 * 96 * 64);
    warp(pack(texture(96, 64)), constant(96 * 64, -0.4, 0.3), lattice(96, 64, { width: 96, height: 64 }), out);
    const moved = { width: 96, height: 64, data: new Uint8Array(out.buffer) };
    expect(psnr(moved, texture(96, 64, 0.4, -0.3), 3)).toBeGreaterThan(48);
  });

  test('black and white edges do not spill from one channel into another', () => {
    const edge = flat(16, 16, [255, 0, 255]);
    for (let p = 0; p < edge.data.length; p += 6) edge.data.set([0, 255, 0], p);
    const out = new Uint8ClampedArray(edge.data.length);
    warp(pack(edge), constant(256, 0.5, 0), lattice(16, 16, { width: 16, height: 16 }), out);
    for (let p = 0; p < out.length; p += 3) {
      if ((p / 3) % 16 < 2 || (p / 3) % 16 > 12) continue;
      expect([...out.subarray(p, p + 3)].map(value => Math.abs(value - 127.5) <= 1)).toEqual([true, true, true]);
    }
  });

  test('spreading keeps what is known, fills the rest within its range, and leaves no hole', () => {
    const cell = fc.record({ value: fc.integer({ min: -100, max: 100 }), known: fc.boolean() });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 17 }), fc.integer({ min: 1, max: 17 }), fc.infiniteStream(cell), (width, height, stream) => {
        const cells = range(width * height).map(() => stream.next().value!);
        const sums = new Float32Array(cells.flatMap(({ value, known }) => (known ? [value, -value, 1, 1] : [0, 0, 0, 0])));
        spread({ width, height }, sums);
        const known = cells.filter(c => c.known).map(c => c.value);
        const [low, high] = known.length > 0 ? [Math.min(...known), Math.max(...known)] : [0, 0];
        for (const [p, { value, known: isKnown }] of cells.entries()) {
          if (isKnown) expect(sums[4 * p]).toBe(value);
          expect(sums[4 * p]).toBeGreaterThanOrEqual(low - 1e-3);
          expect(sums[4 * p]).toBeLessThanOrEqual(high + 1e-3);
        }
      }),
    );
  });

  test('a colour map gives back the colours that it learned', () => {
    const source = texture(64, 64);
    const style = stylise(source);
    const map = learnColours(source, style);
    const out = new Float32Array(3);
    let error = 0;
    for (let at = 0; at < source.data.length; at += 3) {
      mapColour(map, source.data, at, out);
      for (let c = 0; c < 3; c++) error += Math.abs(out[c]! - style.data[at + c]!) / source.data.length;
    }
    expect(error).toBeLessThan(4);
  });
});

const TIERS: [name: 'warp' | 'patch', Tier][] = [
  ['warp', warpTier],
  ['patch', openPatchTier()],
];

describe.each(TIERS)('tier %s', (_, tier) => {
  const pictures = (interval: Interval): Picture[] => run(tier, interval);

  test('a still interval between equal keys repeats them exactly', () => {
    const frame = texture(64, 48);
    const key = stylise(frame);
    const flows = range(4).map(() => translation(frame, 0, 0));
    for (const picture of pictures({ frames: range(5).map(() => frame), flows, first: key, last: key }))
      expect(picture.data).toEqual(key.data);
  });

  test.each([
    [1, 0],
    [2.4, -1.3],
    [-6, 3],
  ] as const)('a scene that moves by %f, %f pixels a frame keeps its style', (dx, dy) => {
    const interval = moving(160, 120, 6, [dx, dy]);
    for (const [i, picture] of pictures(interval).entries()) {
      expect(psnr(picture, stylise(interval.frames[i + 1]!), 4)).toBeGreaterThan(32);
    }
  });

  test('a tail without a last key is made from the first', () => {
    const { last: _, ...tail } = moving(160, 120, 5, [2, 1]);
    const result = pictures(tail);
    expect(result).toHaveLength(4);
    for (const [i, picture] of result.entries()) expect(psnr(picture, stylise(tail.frames[i + 1]!), 4)).toBeGreaterThan(30);
  });

  test('the first in-between frame is nearly the first key, the last one nearly the last', () => {
    const frame = texture(64, 48);
    const [first, last] = [flat(64, 48, [200, 40, 40]), flat(64, 48, [40, 40, 200])];
    const result = pictures({ frames: range(11).map(() => frame), flows: range(10).map(() => translation(frame, 0, 0)), first, last });
    expect(result.map(picture => picture.data[0])).toEqual(range(9).map(i => 200 - 16 * (i + 1)));
  });

  test('where a key cannot be believed there is no hole: the source appears in the colours of the style', () => {
    const before = texture(96, 96);
    const after = { ...before, data: before.data.slice() };
    for (let y = 30; y < 66; y++) after.data.fill(20, 3 * (96 * y + 30), 3 * (96 * y + 66)); // something new and dark
    const [result] = pictures({ frames: [before, after], flows: [translation(before, 0, 0)], first: stylise(before) });
    expect(psnr(result!, stylise(after))).toBeGreaterThan(24);
    expect(Math.max(...result!.data.subarray(3 * (96 * 48 + 48), 3 * (96 * 48 + 48) + 3))).toBeLessThan(70);
  });

  test.each([
    [1, 1],
    [2, 5],
    [7, 3],
    [33, 17],
  ])('works on pictures of %ix%i', (width, height) => {
    const interval = moving(width, height, 4, [0.5, 0]);
    for (const [i, picture] of pictures(interval).entries()) expect(psnr(picture, stylise(interval.frames[i + 1]!))).toBeGreaterThan(20);
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY, -1e30, 1e4])('motion of %f somewhere harms nothing elsewhere', wild => {
    const interval = moving(96, 64, 4, [1, 0.5]);
    for (const flow of interval.flows) {
      for (const field of [flow.forward, flow.backward]) field.fill(wild, 2 * flow.width * 30, 2 * flow.width * 30 + 40);
    }
    const far = (pixel: number): boolean => pixel < 96 * 16;
    for (const [i, picture] of pictures(interval).entries()) {
      expect(psnr(picture, stylise(interval.frames[i + 1]!), 4, far)).toBeGreaterThan(30);
    }
  });

  test('a key frame does not pop: it differs from its neighbours by no more than the truth does', () => {
    const step: readonly [number, number] = [2.3, -1.1];
    const all = moving(160, 120, 9, step);
    const truth = all.frames.map(stylise);
    const half = (from: number): Interval => ({
      frames: all.frames.slice(from, from + 5),
      flows: all.flows.slice(from, from + 4),
      first: truth[from]!,
      last: truth[from + 4]!,
    });
    const shown = [truth[0]!, ...pictures(half(0)), truth[4]!, ...pictures(half(4)), truth[8]!];
    const change = (frames: readonly Picture[], n: number): number => psnr(frames[n]!, frames[n + 1]!);
    for (const n of [3, 4]) expect(Math.abs(change(shown, n) - change(truth, n))).toBeLessThan(0.3); // dB
  });
});

describe('tier faithful', () => {
  const pictures = (interval: Interval): Picture[] => run(openFaithfulTier(), interval);

  test('finds the style of a moved scene from a random start', () => {
    const interval = moving(64, 48, 3, [2, -1]);
    for (const [i, picture] of pictures(interval).entries()) {
      expect(psnr(picture, stylise(interval.frames[i + 1]!), 4)).toBeGreaterThan(26);
    }
  });

  test.each([
    [1, 1],
    [2, 5],
    [17, 9],
  ])('works on pictures of %ix%i, with one key and with two', (width, height) => {
    const { last, ...tail } = moving(width, height, 3, [0.5, 0]);
    expect(pictures(tail)).toHaveLength(2);
    expect(pictures({ ...tail, last: last! })).toHaveLength(1);
  });
});

describe('propagation pool', () => {
  const one = openPropagation({ workers: 1 });
  afterAll(() => one.close());

  test.each([...TIERS, ['faithful', openFaithfulTier()]] as const)(
    '%s: the same bytes with one thread, two threads and none',
    async (name, tier) => {
      const intervals = [moving(96, 64, 4, [1, 0.5]), moving(96, 64, 5, [-2, 0]), moving(80, 64, 3, [0, 3]), moving(96, 64, 3, [4, 3])];
      const expected = intervals.map(interval => run(tier, interval));
      for (const workers of [1, 2]) {
        const pool = openPropagation({ workers, tier: name });
        expect(await Promise.all(intervals.map(interval => pool.interval(interval)))).toEqual(expected);
        await pool.close();
      }
    },
  );

  test('two keys with nothing between, and one frame alone, lack nothing', async () => {
    expect(await one.interval(moving(32, 32, 2, [1, 0]))).toEqual([]);
    const lone = texture(32, 32);
    expect(await one.interval({ frames: [lone], flows: [], first: lone })).toEqual([]);
  });

  test.each<[string, Partial<Interval>, string]>([
    ['no frames', { frames: [], flows: [] }, 'needs a frame for each of its keys, got 0'],
    ['too few flows', { flows: [] }, '3 frames need 2 flows between them, got 0'],
    ['another size', { last: texture(16, 16) }, 'every picture must be 32x32 like the first key, got 16x16'],
  ])('refuses %s', async (_, change, message) => {
    await expect(one.interval({ ...moving(32, 32, 3, [1, 0]), ...change })).rejects.toThrow(message);
  });

  test('an abort ends a running interval', async () => {
    const stop = new AbortController();
    const work = one.interval(moving(320, 256, 12, [1, 0]), stop.signal);
    stop.abort(new Error('enough'));
    await expect(work).rejects.toThrow('enough');
  });
});
