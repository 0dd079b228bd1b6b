// Frames between keys mixed with their neighbours along the motion.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Picture } from '../../media/frame.ts';
import { estimatePair } from '../../stages/flow/estimate.ts';
import { openArena } from '../../stages/kernels/arena.ts';
import { loadKernels } from '../../stages/kernels/load.ts';
import { lattice } from '../../stages/propagate/grid-map.ts';
import type { Interval } from '../../stages/propagate/interval.ts';
import type { PropagateKernels } from '../../stages/propagate/kernels.ts';
import { layOutLattice, setLattice } from '../../stages/propagate/lattice-regions.ts';
import { steadied } from '../../stages/propagate/steady.ts';
import { texture } from './clip.ts';
import { agreement, mixNeighbours } from './plain/steady.ts';

const bytes = (count: number, seed: number): Uint8Array =>
  Uint8Array.from({ length: count }, (_, i) => (Math.imul(i + seed, 2654435761) >>> 13) & 255);

describe('the kernels equal their twins', () => {
  const side = fc.integer({ min: 1, max: 24 });
  const reach = fc.oneof(fc.double({ min: -40, max: 40 }), fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, -1e30, 0));

  test('at any size, grid and motion, also where that is no number', () => {
    fc.assert(
      fc.property(side, side, side, side, fc.nat(), fc.infiniteStream(reach), (width, height, gw, gh, seed, moves) => {
        const [pixels, cells] = [4 * width * height, gw * gh];
        const frame = bytes(3 * width * height, seed);
        const pictures = [1, 2].map(n => bytes(pixels, seed + n));
        const lumas = [0, 1, 2].map(n => ({ width: gw, height: gh, data: bytes(cells, seed + 3 + n).map(level => level & 31) }));
        const hidden = bytes(cells, seed + 6).map(level => (level < 40 ? 1 : 0));
        const { memory, ...at } = openArena(arena => ({
          frame: arena.bytes(3 * width * height + 1),
          pictures: [0, 1].map(() => arena.bytes(pixels)),
          lumas: [0, 1, 2].map(() => arena.bytes(cells)),
          hidden: arena.bytes(cells),
          map: arena.floats(2 * cells),
          shares: [0, 1].map(() => arena.floats(cells)),
          row: arena.doubles(2 * gw + 2),
          out: arena.bytes(3 * width * height),
          ...layOutLattice(arena, { width, height }),
        }));
        const on = lattice(width, height, { width: gw, height: gh });
        setLattice(on, at);
        at.frame.data.set(frame);
        at.hidden.data.set(hidden);
        for (const n of [0, 1, 2]) at.lumas[n]!.data.set(lumas[n]!.data);
        const kernels = loadKernels<PropagateKernels>('propagate', memory);
        const neighbours = [0, 1].map(n => {
          const share = at.shares[n]!;
          at.pictures[n]!.data.set(pictures[n]!);
          at.map.data.set(Float32Array.from({ length: 2 * cells }, () => moves.next().value!));
          kernels.agreement(at.map.at, at.hidden.at, at.lumas[1 + n]!.at, at.lumas[0]!.at, gw, gh, 0.5, 20, share.at);
          expect(share.data).toEqual(agreement(at.map.data, hidden, lumas[1 + n]!, lumas[0]!, 0.5, 20));
          return { seen: pictures[n]!, share: share.data };
        });
        const [[before, after], [a, b]] = [at.pictures, at.shares];
        const where = [a!.at, b!.at, gw, gh, at.cells.at, at.parts.at] as const;
        kernels.mixNeighbours(at.frame.at, before!.at, after!.at, width, height, ...where, at.row.at, at.out.at);
        expect(at.out.data).toEqual(mixNeighbours(frame, neighbours, on));
      }),
      { numRuns: 80 },
    );
  });
});

const SIZE = { width: 96, height: 64 };
const COUNT = 7; // frames of an interval

/** Frames of a texture that moves by `step` pixels each, and those frames as a tier makes them, with a wavering stripe laid over. */
const scene = (step: number, waver: (n: number) => number): { readonly interval: Interval; readonly made: Uint8Array<ArrayBuffer>[] } => {
  const frames = Array.from({ length: COUNT }, (_, n) => texture(SIZE.width, SIZE.height, step * n, 0));
  const painted = (n: number): Picture => ({
    ...SIZE,
    data: frames[n]!.data.map((level, i) => level / 2 + 60 + 40 * Math.sin(((Math.floor(i / 3) % SIZE.width) - step * n + waver(n)) / 2)),
  });
  const made = Array.from({ length: COUNT - 2 }, (_, i) => Uint8Array.from(painted(i + 1).data));
  return {
    interval: {
      frames,
      flows: frames.slice(1).map((frame, n) => estimatePair(frames[n]!, frame, 'coarse')),
      first: painted(0),
      last: painted(COUNT - 1),
    },
    made,
  };
};

const apart = (a: Uint8Array, b: Uint8Array): number => a.reduce((sum, level, i) => sum + Math.abs(level - b[i]!), 0) / a.length;

/** Mean change from picture to picture, keys included, levels. */
const restlessness = ({ first, last }: Interval, made: readonly Uint8Array[]): number => {
  const all = [first.data, ...made, last!.data];
  return all.slice(1).reduce((sum, picture, n) => sum + apart(picture, all[n]!), 0) / (all.length - 1);
};

const untouched = (): void => {};

/** What `steadied` makes of these frames. */
const calm = (made: Uint8Array<ArrayBuffer>[], interval: Interval): Uint8Array<ArrayBuffer>[] =>
  steadied({ whole: () => made, walk: () => [], mix: () => made }).whole(interval, untouched);

test('what wavers where nothing moves wavers by less than half', () => {
  const { interval, made } = scene(0, n => (n % 2 === 0 ? 0 : 0.8));
  const [before, after] = [0, 0.5].map(steady => restlessness(interval, calm(made, { ...interval, steady })));
  expect(after).toBeLessThan(0.5 * before!);
});

test('what goes with the motion keeps its detail and its place', () => {
  const { interval, made } = scene(2, () => 0);
  const mixed = calm(made, { ...interval, steady: 0.5 });
  for (const [n, picture] of mixed.entries()) expect(apart(picture, made[n]!)).toBeLessThan(3); // the stripes have 40 levels
});

test('a neighbour that shows something else says nothing', () => {
  const { interval, made } = scene(0, n => 3 * n);
  const frames = interval.frames.map((frame, n) => ({ ...frame, data: frame.data.map(level => (n === 3 ? 255 - level : level)) }));
  const flows = frames.slice(1).map((frame, n) => estimatePair(frames[n]!, frame, 'coarse'));
  const mixed = calm(made, { ...interval, frames, flows, steady: 1 });
  expect(apart(mixed[2]!, made[2]!)).toBeLessThan(0.2 * apart(mixed[0]!, made[0]!));
});

test('0 leaves every frame as it is; without a last key the last frame listens to the one before it', () => {
  const { interval, made } = scene(0, n => 0.5 * n);
  expect(calm(made, { ...interval, steady: 0 })).toEqual(made);
  const tail = Array.from({ length: COUNT - 1 }, (_, n) => Uint8Array.from(n < COUNT - 2 ? made[n]! : interval.last!.data));
  const mixed = calm(tail, { ...interval, last: undefined, steady: 0.5 });
  expect(mixed).toHaveLength(COUNT - 1);
  expect(apart(mixed.at(-1)!, tail.at(-1)!)).toBeGreaterThan(0);
});
