// Known changes of a moving texture, measured.
import { describe, expect, test } from 'vitest';
import type { Picture } from '../../media/frame.ts';
import { driftOf } from '../../pipeline/jobs/metrics/report.ts';
import { type FrameMeasure, measureFrame, type Neighbour } from '../../stages/metrics/measure.ts';
import { openMetrics } from '../../stages/metrics/metrics.ts';
import { flat, texture } from './clip.ts';

const [WIDTH, HEIGHT, DX, DY] = [96, 64, 2, -1];
const frame = (t: number): Picture => texture(WIDTH, HEIGHT, DX * t, DY * t);

const change = (picture: Picture, of: (level: number, channel: number) => number): Picture => ({
  ...picture,
  data: Uint8Array.from(picture.data, (level, p) => Math.min(255, Math.max(0, Math.round(of(level, p % 3))))),
});

/** Mixed with its mean over (2r + 1) columns. */
const blurred = (picture: Picture, r: number): Picture => ({
  ...picture,
  data: picture.data.map((_, p) => {
    const [x, row] = [Math.floor(p / 3) % WIDTH, p - (p % (3 * WIDTH))];
    let sum = 0;
    for (let d = -r; d <= r; d++) sum += picture.data[row + 3 * Math.min(WIDTH - 1, Math.max(0, x + d)) + (p % 3)]!;
    return Math.round(sum / (2 * r + 1));
  }),
});

/** The exact motion to the frame `steps` away. */
const motion = (steps: number) => ({
  width: WIDTH,
  height: HEIGHT,
  flow: Float32Array.from({ length: 2 * WIDTH * HEIGHT }, (_, p) => steps * (p % 2 === 0 ? DX : DY)),
  hidden: new Uint8Array(WIDTH * HEIGHT),
});

/** Frame 1 of three, its result made by `edit` of picture and time. */
const measured = (edit: (picture: Picture, t: number) => Picture): FrameMeasure => {
  const couple = (t: number) => ({ source: frame(t), output: edit(frame(t), t) });
  const neighbour = (t: number): Neighbour => ({ ...couple(t), motion: motion(t - 1) });
  return measureFrame({ at: couple(1), before: neighbour(0), after: neighbour(2) });
};

const STRENGTHS = [0, 2, 5, 12];
const rising = (values: readonly number[]): void => {
  for (const [i, value] of values.slice(1).entries()) expect(value).toBeGreaterThan(values[i]!);
};

describe('metrics', () => {
  test('equal clips have no excess, full structure and no drift', () => {
    const m = measured(picture => picture);
    for (const both of [m.warpError!, m.flicker!, m.fineFlicker!]) expect(both.output).toBe(both.source);
    expect(m.structure).toBeCloseTo(1, 12);
    expect(driftOf(m.look, m.look)).toEqual({ mean: [0, 0, 0], std: [0, 0, 0], sharpness: 1 });
    expect(m.warpError!.source).toBeLessThan(2e-5); // the motion is exact, so only rounding to bytes is left
    const seen = ((WIDTH - DX) * (HEIGHT - 1)) / (WIDTH * HEIGHT);
    expect(Math.abs(m.seen! - seen)).toBeLessThan(0.01); // what leaves at a border may seem to stand still
  });

  test('flicker of the whole picture: levels there and back, and their square', () => {
    const of = (levels: number) => measured((picture, t) => change(picture, v => 128 + 0.5 * (v - 128) + (t % 2) * levels));
    rising(STRENGTHS.map(levels => of(levels).flicker!.output));
    rising(STRENGTHS.map(levels => of(levels).warpError!.output));
    expect(of(12).flicker!.output).toBeCloseTo(12, 0);
    expect(of(12).warpError!.output).toBeCloseTo((12 / 255) ** 2, 4);
    expect(of(12).fineFlicker!.output).toBeLessThan(1); // it has no fine detail
  });

  test('noise that is new in every frame is fine flicker', () => {
    const noise = (p: number, t: number): number => ((Math.imul(p + 1, 2654435761) ^ Math.imul(t + 1, 40503)) >>> 8) % 101;
    const of = (levels: number) =>
      measured((picture, t) => ({
        ...picture,
        data: picture.data.map((v, p) => 128 + Math.round(0.5 * (v - 128) + (levels * (noise(p - (p % 3), t) - 50)) / 50)),
      }));
    rising(STRENGTHS.map(levels => of(levels).fineFlicker!.output));
  });

  test('a texture that crawls over a still source changes its still parts; one that stands does not', () => {
    const source = (t: number): Picture => {
      const plain = flat(WIDTH, HEIGHT, [120, 120, 120]);
      const block = 3 * (40 * WIDTH + 70 + 4 * t); // something moves in a corner
      for (let y = 0; y < 12; y++) plain.data.fill(30, block + 3 * y * WIDTH, block + 3 * (y * WIDTH + 12));
      return plain;
    };
    const of = (levels: number, speed: number) => {
      const couple = (t: number) => {
        const grain = texture(WIDTH, HEIGHT, speed * t, 0);
        return { source: source(t), output: change(grain, v => 128 + (levels / 64) * (v - 128)) };
      };
      return measureFrame({ at: couple(1), before: { ...couple(0), motion: motion(-1) } }).stillChange!;
    };
    rising(STRENGTHS.map(levels => of(levels, 1).output));
    for (const levels of STRENGTHS) expect(of(levels, 0)).toEqual({ output: 0, source: 0 });
    expect(measured(picture => picture).stillChange).toBeUndefined(); // all of it moves
  });

  test('an even fade is no flicker', () => {
    const fade = measured((picture, t) => change(picture, v => 0.6 * v + 20 * t)).flicker!;
    expect(fade.output).toBeLessThan(0.5);
  });

  test('blur takes structure and sharpness', () => {
    const blurs = [0, 1, 2, 4].map(r => measured(picture => blurred(picture, r)));
    rising(blurs.map(m => -m.structure));
    rising(blurs.map(m => -m.look.output.sharpness));
    rising(blurs.map((m, i) => -driftOf(m.look, blurs[0]!.look).sharpness + i * 1e-9));
  });

  test('a tint that grows is drift of its channel alone', () => {
    const first = measured(picture => picture).look;
    const drifts = STRENGTHS.map(
      levels => driftOf(measured(p => change(p, (v, c) => (c === 0 ? 0.8 * v + levels : 0.8 * v))).look, first).mean,
    );
    rising(drifts.map(([red]) => red));
    expect(drifts[3]![0] - drifts[0]![0]).toBeCloseTo(12, 0);
    expect(drifts[3]![1]).toBeCloseTo(drifts[0]![1], 6);
  });

  test('flat pictures, hidden pixels and missing neighbours give numbers or nothing, never NaN', () => {
    const grey = flat(WIDTH, HEIGHT, [90, 90, 90]);
    const couple = { source: grey, output: grey };
    const alone = measureFrame({ at: couple });
    expect(alone.structure).toBe(1);
    expect([alone.warpError, alone.flicker, alone.seen]).toEqual([undefined, undefined, undefined]);
    expect(driftOf(alone.look, alone.look).sharpness).toBe(1);
    const hidden = { ...motion(-1), hidden: new Uint8Array(WIDTH * HEIGHT).fill(1) };
    const blind = measureFrame({ at: couple, before: { ...couple, motion: hidden } });
    expect([blind.warpError, blind.seen]).toEqual([undefined, 0]);
    const broken = { ...motion(-1), flow: new Float32Array(2 * WIDTH * HEIGHT).fill(Number.NaN) };
    expect(measureFrame({ at: couple, before: { ...couple, motion: broken } }).seen).toBe(0);
  });

  test('frames of two sizes are refused', async () => {
    const stage = openMetrics();
    await expect(stage.frame({ at: { source: flat(8, 8, [0, 0, 0]), output: flat(8, 6, [0, 0, 0]) } })).rejects.toThrow('one size');
    await stage.close();
  });
});
