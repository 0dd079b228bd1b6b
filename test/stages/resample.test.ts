// Stretching pictures, against ffmpeg's scale filter and against what has to hold.
import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { findFfmpeg } from '../../media/ffmpeg.ts';
import { resampler } from '../../stages/pictures/resample.ts';
import { exampleClip } from '../support/example.ts';

const clip = exampleClip();
const { ffmpeg } = await findFfmpeg({ env: process.env });
const LANCZOS = 'flags=lanczos+accurate_rnd+full_chroma_int';

const scaled = (data: Uint8Array, from: string, to: string): Buffer => {
  const raw = ['-f', 'rawvideo', '-pix_fmt', 'rgb24'];
  return execFileSync(ffmpeg.path, ['-v', 'error', ...raw, '-s', from, '-i', '-', '-vf', `scale=${to}:${LANCZOS}`, ...raw, '-'], {
    input: data,
    maxBuffer: 1e9,
  });
};

test.each([
  ['224x128', '640x360'],
  ['224x128', '448x256'],
  ['224x128', '100x64'],
])('from %s to %s as ffmpeg does', (from, to) => {
  const [[width, height], [w, h]] = [from, to].map(size => size.split('x').map(Number)) as [[number, number], [number, number]];
  const frame = ['-frames:v', '1', '-vf', `scale=${from}`, '-f', 'rawvideo', '-pix_fmt', 'rgb24', '-'];
  const data = execFileSync(ffmpeg.path, ['-v', 'error', '-i', clip, ...frame], { maxBuffer: 1e9 });
  const out = resampler({ width, height }, { width: w, height: h })({ width, height, data });
  const expected = scaled(data, from, to.replace('x', ':'));
  expect(out).toMatchObject({ width: w, height: h });
  expect(out.data.length).toBe(expected.length);
  expect(out.data.reduce((sum, level, i) => sum + Math.abs(level - expected[i]!), 0) / expected.length).toBeLessThan(1.5);
});

test('one colour stays that colour, and its own size is left as it is', () => {
  const picture = { width: 9, height: 7, data: new Uint8Array(9 * 7 * 3).fill(137) };
  expect([...new Set(resampler(picture, { width: 31, height: 5 })(picture).data)]).toEqual([137]);
  expect(resampler(picture, picture)(picture)).toBe(picture);
});
