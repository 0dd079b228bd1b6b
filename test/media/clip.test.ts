// A clip opened, read and written in one call each.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { UsageError } from '../../config/errors.ts';
import { openClip, writeClip } from '../../media/clip.ts';
import type { Frame } from '../../media/frame.ts';
import { exampleClip } from '../support/example.ts';
import { temporaryFolder } from '../support/temporary.ts';

const folder = temporaryFolder();

const plain = (count: number): Frame[] =>
  Array.from({ length: count }, (_, index) => ({
    ...{ width: 64, height: 48, index, time: index / 10 },
    data: new Uint8Array(3 * 64 * 48).fill(20 * index),
  }));

describe('openClip', () => {
  test('reads frames as they are displayed, by their short side, or at both sides', async () => {
    const clip = await openClip(exampleClip());
    const sizeOf = async (options: Parameters<typeof clip.read>[0]) => {
      const [first, ...others] = await clip.read({ ...options, range: { frames: [3, 4] } });
      expect(others).toHaveLength(1);
      return [first!.width, first!.height];
    };
    expect(await sizeOf({})).toEqual([clip.info.width, clip.info.height]);
    expect(await sizeOf({ size: 128 })).toEqual([224, 128]);
    expect(await sizeOf({ size: { width: 50, height: 70 } })).toEqual([50, 70]);
  });

  test('can be read more than once, and in part', async () => {
    const clip = await openClip(exampleClip());
    const indices: number[] = [];
    for await (const { index } of clip.frames({ size: 64, select: [2, 5] })) indices.push(index);
    expect(indices).toEqual([2, 5]);
    expect((await clip.read({ size: 64, select: [2] }))[0]!.index).toBe(2);
  });

  test('refuses what is no clip', async () => {
    await expect(openClip(join(folder, 'none.mp4'))).rejects.toMatchObject({ exitCode: 4 });
  });
});

describe('writeClip', () => {
  test('writes frames at their times, and refuses to replace a file', async () => {
    const output = join(folder, 'plain.mkv');
    await writeClip(output, plain(7), { crf: 10 });
    const clip = await openClip(output);
    const frames = await clip.read();
    expect(frames.map(({ time }) => Number(time.toFixed(3)))).toEqual([0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6]);
    for (const { data, index } of frames) expect(Math.abs(data[0]! - 20 * index)).toBeLessThan(4);
    await expect(writeClip(output, plain(2))).rejects.toThrow(UsageError);
    expect(await (await openClip(output)).read()).toHaveLength(7);
    await writeClip(output, plain(2), { overwrite: true });
    expect(await (await openClip(output)).read()).toHaveLength(2);
  });

  test("takes the source's sound, but where it is to be left out", async () => {
    const source = await openClip(exampleClip());
    const frames = await source.read({ size: 64, range: { frames: [0, 11] } });
    const streams = async (name: string, audio: boolean): Promise<string[]> => {
      const options = { source: source.info, range: { frames: [0, 11] as const }, audio };
      await writeClip(join(folder, name), frames, options);
      const { info } = await openClip(join(folder, name));
      expect([info.video.codedWidth, info.video.codedHeight]).toEqual([source.info.width, source.info.height]);
      return info.streams.map(({ type }) => type);
    };
    expect(await streams('with.mp4', true)).toEqual(['audio']);
    expect(await streams('without.mp4', false)).toEqual([]);
  });

  test('refuses no frames and an unknown ending, and leaves nothing', async () => {
    await expect(writeClip(join(folder, 'empty.mp4'), [])).rejects.toThrow('There are no frames to write');
    await expect(writeClip(join(folder, 'clip.xyz'), plain(2))).rejects.toThrow(UsageError);
    expect(existsSync(join(folder, 'empty.mp4')) || existsSync(join(folder, 'clip.xyz'))).toBe(false);
  });
});
