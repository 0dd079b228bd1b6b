// A part of a clip: its frames by time or number, its sound cut to it and in time with it.
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { UsageError } from '../../config/errors.ts';
import type { Range } from '../../config/range.ts';
import { resolveRange } from '../../media/range.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { BINARIES, decode, ffmpeg, ffmpegBytes, look, reencode, subfolder } from './support.ts';

const folder = temporaryFolder();

beforeAll(() => {
  const video = '-f lavfi -i testsrc=s=64x64:r=25:d=2';
  const h264 = '-c:v libx264 -preset ultrafast -pix_fmt yuv420p -g 10';
  ffmpeg(
    `${video} -f lavfi -i anoisesrc=d=2:r=44100:a=0.1:seed=1 -map 0 -map 1 -map 1 ${h264} -c:a:0 aac -c:a:1 pcm_s16le {}/in.mov`,
    folder,
  );
  ffmpeg(`${video} -f lavfi -i sine=d=2 ${h264} -c:a aac {}/in.ts`, folder);
  ffmpeg(`-f lavfi -i testsrc=s=64x64:r=5:d=24 ${h264} -g 50 {}/long.mp4`, folder);
  ffmpeg('-i {}/long.mp4 -c copy -output_ts_offset 100 {}/late.mkv', folder);
});

// biome-ignore format: a table
const PARTS: readonly { name: string; clip: string; range: Range; frames: number; begin: number }[] = [
  { name: 'start and duration', clip: 'in.mov', range: { start: 0.4, duration: 0.6 }, frames: 15, begin: 0.4 },
  { name: 'start and end', clip: 'in.mov', range: { start: 0.44, end: 0.6 }, frames: 4, begin: 0.44 },
  { name: 'end alone', clip: 'in.mov', range: { end: 0.5 }, frames: 13, begin: 0 },
  { name: 'start alone', clip: 'in.mov', range: { start: 1.21 }, frames: 19, begin: 1.24 },
  { name: 'frame numbers', clip: 'in.mov', range: { frames: [20, 29] }, frames: 10, begin: 0.8 },
  { name: 'one frame', clip: 'in.mov', range: { frames: [7, 7] }, frames: 1, begin: 0.28 },
  { name: 'MPEG-TS', clip: 'in.ts', range: { start: 0.4, duration: 0.6 }, frames: 15, begin: 0.4 + 1024 / 44100 },
];

// biome-ignore format: a table
const REFUSED: readonly (readonly [Range, RegExp])[] = [
  [{ frames: [3, 1] }, /--frames 3-1 is no range/],
  [{ frames: [0, 4], start: 1 }, /--frames excludes --start, --end and --duration/],
  [{ start: 2, end: 1 }, /--end \(1 s\) must be after --start \(2 s\)/],
  [{ start: 1, end: 1 }, /--end \(1 s\) must be after --start \(1 s\)/],
  [{ end: 1, duration: 1 }, /--end and --duration exclude each other/],
  [{ start: -1 }, /--start -1 is no time/],
  [{ duration: 0 }, /--duration must be more than 0 s/],
  [{ start: 30 }, /--start 30 lies behind the end of the clip, which is 20.000 s long/],
];

it.each(REFUSED)('refuses %j', (range, message) => {
  expect(() => resolveRange(range, 20)).toThrow(UsageError);
  expect(() => resolveRange(range, 20)).toThrow(message);
});

for (const { name: binary, tools } of BINARIES) {
  describe.skipIf(!tools)(`${binary} ffmpeg`, () => {
    it.each(PARTS)('$name', async ({ clip, range, frames, begin }) => {
      const output = join(subfolder(folder), clip === 'in.mov' ? 'out.mov' : 'out.mp4');
      const source = join(folder, clip);
      const result = await reencode(source, output, tools!, { range });
      const after = look(output);
      const close = (got: readonly number[], from: number) => {
        expect(got.length).toBe(frames);
        for (const [i, time] of got.entries()) expect(Math.abs(time - from - i / 25)).toBeLessThanOrEqual(0.001);
      };
      close(
        result.frames.map(frame => frame.time),
        begin,
      );
      close(after.times(0), 0);
      expect(after.dropped(0)).toBe(0);
      expect(result.frames.map(frame => frame.index)).toEqual(result.frames.map((_, i) => i));
      const whole = await decode(source, tools!);
      const skipped = Math.floor(begin * 25 + 0.001);
      for (const [i, frame] of result.frames.entries()) expect(frame.data).toEqual(whole.frames[skipped + i]!.data);
      const before = look(source);
      const packets = after.packets(1);
      const step = 1024 / 44100; // a packet of AAC
      expect(Math.abs(packets.length * step - frames / 25)).toBeLessThan(2 * step);
      expect(Math.abs(after.times(1)[0]!)).toBeLessThan(step + 0.001);
      if (clip !== 'in.mov') return;
      const first = before.packets(1).indexOf(packets[0]!);
      expect(packets).toEqual(before.packets(1).slice(first, first + packets.length));
      expect(Math.abs(before.times(1)[first]! - begin - after.times(1)[0]!)).toBeLessThanOrEqual(0.001);
      const samples = (path: string) => new Int16Array(ffmpegBytes(`-i ${path} -map 0:a:1 -f s16le -`).buffer);
      const from = Math.round(begin * 44100);
      const cut = samples(output);
      expect(Math.abs(cut.length - (frames * 44100) / 25)).toBeLessThanOrEqual(1);
      expect(Buffer.compare(Buffer.from(cut.buffer), Buffer.from(samples(source).slice(from, from + cut.length).buffer))).toBe(0);
    });

    it.each(['long.mp4', 'late.mkv'])('seeks near a late start: %s', async clip => {
      const whole = await decode(join(folder, clip), tools!);
      const late = clip === 'late.mkv' ? 100 : 0;
      const part = await decode(join(folder, clip), tools!, { range: { start: late + 17.3, end: late + 19 } });
      expect(part.frames.length).toBe(8);
      for (const [i, frame] of part.frames.entries()) {
        expect(frame.time).toBeCloseTo(late + 17.4 + i / 5, 3);
        expect(frame.data).toEqual(whole.frames[87 + i]!.data);
      }
    });

    it('gives selected frames the pixels and times of a whole pass', async () => {
      const whole = await decode(join(folder, 'in.mov'), tools!, { range: { start: 0.4 } });
      const some = await decode(join(folder, 'in.mov'), tools!, { range: { start: 0.4 }, select: [0, 3, 17, 39] });
      expect(some.frames).toEqual([0, 3, 17, 39].map(i => whole.frames[i]));
    });
  });
}
