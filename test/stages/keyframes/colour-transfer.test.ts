import { afterAll, describe, expect, test } from 'vitest';
import type { Picture } from '../../../media/frame.ts';
import { matchHistograms, transferColours, withLuminosity } from '../../../stages/keyframes/colour-transfer.ts';
import { openVision } from '../../../stages/vision/vision.ts';
import { flat, texture } from '../clip.ts';

const vision = openVision();
afterAll(() => vision.close());

const sorted = ({ data }: Picture, c: number): number[] => [...data.filter((_, i) => i % 3 === c)].sort((a, b) => a - b);
const luma = ({ data }: Picture, p: number): number => 0.3 * data[3 * p]! + 0.59 * data[3 * p + 1]! + 0.11 * data[3 * p + 2]!;

describe('colour transfer', () => {
  test('matched channels have the target’s distribution; a picture matched with itself is itself', () => {
    const [source, target] = [texture(64, 48), texture(64, 48, 13, 7)];
    const darker = { ...target, data: target.data.map(v => v / 2) };
    const matched = matchHistograms(source, darker);
    for (const c of [0, 1, 2]) {
      const [a, b] = [sorted(matched, c), sorted(darker, c)];
      expect(Math.max(...a.map((v, i) => Math.abs(v - b[i]!)))).toBeLessThanOrEqual(3);
    }
    expect(matchHistograms(source, source).data).toEqual(source.data);
  });

  test.each([
    ['black', [0, 0, 0]],
    ['one colour', [10, 200, 30]],
  ] as const)('a %s picture is taken as target and as source', async (_, colour) => {
    const one = flat(32, 32, colour);
    const signal = new AbortController().signal;
    expect((await transferColours(texture(32, 32), one, vision, signal)).data.length).toBe(32 * 32 * 3);
    expect((await transferColours(one, texture(32, 32), vision, signal)).data.length).toBe(32 * 32 * 3);
  });

  test('the luminosity is the frame’s own', () => {
    const [colours, light] = [texture(32, 24, 5, 3), texture(32, 24)];
    const mixed = withLuminosity(colours, light);
    for (let p = 0; p < 32 * 24; p++) expect(Math.abs(luma(mixed, p) - luma(light, p))).toBeLessThan(1);
  });
});
