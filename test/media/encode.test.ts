// Encoding: right colours, rates and durations; nothing half-made is left behind, nothing present is lost.
import { mkdirSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { UsageError } from '../../config/errors.ts';
import { type EncodeOptions, openEncoder } from '../../media/encode.ts';
import { splitArguments } from '../../media/encode-arguments.ts';
import type { Ffmpeg } from '../../media/ffmpeg.ts';
import type { Picture } from '../../media/frame.ts';
import { type MediaInfo, probe } from '../../media/probe.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { BINARIES, ffmpeg, judge, judgePixels, look, reencode, subfolder } from './support.ts';

const folder = temporaryFolder();
const source = join(folder, 'source.mp4');

beforeAll(() => {
  ffmpeg(
    '-f lavfi -i testsrc=s=96x64:r=25:d=0.4 -f lavfi -i sine=d=0.4 -c:v libx264 -preset ultrafast -pix_fmt yuv420p -c:a aac {}/source.mp4',
    folder,
  );
});

const BARS = [
  [235, 235, 235],
  [200, 190, 30],
  [40, 180, 190],
  [50, 170, 60],
  [180, 60, 170],
  [190, 50, 40],
  [40, 60, 180],
  [20, 20, 20],
] as const;

/** Eight flat bars. */
const chart = (width: number, height: number): Picture => ({
  width,
  height,
  data: Uint8Array.from({ length: width * height * 3 }, (_, p) => BARS[Math.floor(((Math.floor(p / 3) % width) * 8) / width)]![p % 3]!),
});

const options = (tools: Ffmpeg, info: MediaInfo, more: Partial<EncodeOptions> = {}): EncodeOptions => ({
  ffmpeg: tools,
  source: info,
  times: Array.from({ length: 10 }, (_, i) => i / 25),
  width: 96,
  height: 64,
  crf: 12,
  audio: true,
  overwrite: false,
  ...more,
});

/** Writes the chart at all times. */
const encode = async (output: string, settings: EncodeOptions): Promise<string[]> => {
  const warnings: string[] = [];
  const encoder = await openEncoder(output, { warn: message => warnings.push(message), ...settings });
  const picture = chart(settings.width, settings.height);
  for (const [index, time] of settings.times.entries()) await encoder.write({ ...picture, index, time });
  await encoder.finish();
  return warnings;
};

it('splits arguments at spaces, except in quotes', () => {
  expect(splitArguments(` -tune film  -metadata "comment=two words" 'a b' x`)).toEqual([
    '-tune',
    'film',
    '-metadata',
    'comment=two words',
    'a b',
    'x',
  ]);
  expect(splitArguments('')).toEqual([]);
});

// biome-ignore format: a table
const KINDS = [
  { ending: 'mp4', codec: 'h264', format: 'mov', sound: 'aac' },
  { ending: 'm4v', codec: 'h264', format: 'mov', sound: 'aac' },
  { ending: 'mov', codec: 'h264', format: 'mov', sound: 'aac' },
  { ending: 'mkv', codec: 'h264', format: 'matroska', sound: 'aac' },
  { ending: 'webm', codec: 'vp9', format: 'matroska', sound: 'opus' },
  { ending: 'avi', codec: 'h264', format: 'avi', sound: 'aac' },
  { ending: 'gif', codec: 'gif', format: 'gif', sound: undefined },
] as const;

for (const { name: binary, tools } of BINARIES) {
  describe.skipIf(!tools)(`${binary} ffmpeg`, () => {
    const info = () => probe(source, tools!);

    it.each(KINDS)('$ending', async ({ ending, codec, format, sound }) => {
      const output = join(subfolder(folder), `out.${ending}`);
      const warnings = await encode(output, options(tools!, await info()));
      const seen = look(output);
      expect(seen.format.format_name).toContain(format);
      expect(seen.streams.map(stream => stream.codec_name)).toEqual(sound ? [codec, sound] : [codec]);
      expect(seen.times(0).length).toBe(10);
      expect(warnings.length).toBe(ending === 'webm' || ending === 'gif' ? 1 : 0);
      expect(judgePixels(output, 'null').length).toBe(10 * 96 * 64 * 3);
      const colours = ending === 'gif' ? '' : ':in_color_matrix=bt709:in_range=tv';
      const filters = `scale=96:64:flags=accurate_rnd+full_chroma_int+full_chroma_inp${colours}`;
      const pixels = judgePixels(output, filters);
      const errors = BARS.flatMap((bar, n) => bar.map((value, c) => Math.abs(pixels[3 * (32 * 96 + n * 12 + 6) + c]! - value)));
      expect(Math.max(...errors)).toBeLessThanOrEqual(ending === 'gif' ? 20 : 5);
      if (codec === 'gif') return;
      expect(seen.streams[0]).toMatchObject({ pix_fmt: 'yuv420p', color_space: 'bt709', color_range: 'tv' });
      if (ending !== 'avi') expect(seen.streams[0]).toMatchObject({ color_primaries: 'bt709', color_transfer: 'bt709' });
    });

    it.each([
      { name: 'even times', times: Array.from({ length: 10 }, (_, i) => i / 25), rate: 25 },
      { name: 'uneven times', times: [0, 0.04, 0.08, 0.2, 0.24, 0.28, 0.4, 0.44, 0.48, 0.6], rate: 15 },
    ])('$name give a sane rate and level, and a last frame as long as the others', async ({ times, rate }) => {
      const output = join(subfolder(folder), 'out.mp4');
      await encode(output, options(tools!, await info(), { times, audio: false }));
      const { streams, format } = look(output);
      expect(Number(streams[0]!.level)).toBeLessThanOrEqual(13);
      const [num, den] = streams[0]!.avg_frame_rate!.split('/').map(Number);
      expect(num! / den!).toBeGreaterThan(rate * 0.7);
      expect(num! / den!).toBeLessThan(rate * 1.3);
      const last = Number(format.duration) - times.at(-1)!;
      expect(last).toBeGreaterThan(0.02);
      expect(last).toBeLessThan(0.13);
      const bytes = readFileSync(output);
      expect(bytes.indexOf('moov')).toBeLessThan(bytes.indexOf('mdat')); // fast start
    });

    it.each([
      { ending: 'mp4', rate: 8, count: 5 },
      { ending: 'webm', rate: 8, count: 5 },
      { ending: 'mkv', rate: 29.97, count: 5 },
      { ending: 'gif', rate: 10, count: 5 },
      { ending: 'mov', rate: 8, count: 1 },
    ])('frames alone, without a source: $ending at $rate', async ({ ending, rate, count }) => {
      const output = join(subfolder(folder), `out.${ending}`);
      const times = Array.from({ length: count }, (_, i) => i / rate);
      const warnings = await encode(output, {
        ...options(tools!, await info()),
        source: undefined,
        times,
        rate,
        tags: { comment: 'mine' },
      });
      expect(warnings).toEqual([]);
      const seen = look(output);
      expect(seen.streams.length).toBe(1);
      expect(seen.streams[0]).toMatchObject({ width: 96, height: 64 });
      const found = seen.times(0);
      expect(found.length).toBe(count);
      for (const [i, time] of found.entries()) expect(Math.abs(time - times[i]!)).toBeLessThanOrEqual(0.001);
      if (ending === 'mp4' || ending === 'mov') expect(Number(seen.format.duration)).toBeCloseTo(count / rate, 2);
    });

    it('takes a codec, a preset, further arguments and tags', async () => {
      const output = join(subfolder(folder), 'out.mp4');
      const settings = {
        codec: 'libx265',
        preset: 'ultrafast',
        crf: 30,
        ffmpegArgs: '-tag:v hvc1 -x265-params log-level=error',
        tags: { comment: 'made = "here"' },
      };
      await encode(output, options(tools!, await info(), settings));
      const { streams, format } = look(output);
      expect(streams[0]).toMatchObject({ codec_name: 'hevc', codec_tag_string: 'hvc1' });
      expect(format.tags?.comment).toBe('made = "here"');
    });

    it.each(['out.mp4', 'out.gif'])('has square pixels where frames are drawn in another shape: %s', async name => {
      const output = join(subfolder(folder), name);
      await encode(output, options(tools!, await info(), { width: 104, outputSize: { width: 96, height: 64 } }));
      expect(look(output).streams[0]).toMatchObject({ width: 96, height: 64, sample_aspect_ratio: '1:1' });
    });

    it('enlarges to the size asked for', async () => {
      const output = join(subfolder(folder), 'out.mp4');
      await encode(output, options(tools!, await info(), { outputSize: { width: 192 } }));
      expect(look(output).streams[0]).toMatchObject({ width: 192, height: 128, sample_aspect_ratio: '1:1' });
    });

    it.each([
      ['an unknown ending', 'out.xyz', {}, /no ending that names a container/],
      ['a folder that is not there', 'none/out.mp4', {}, /The folder .*none cannot be written to \(it does not exist\)/],
      ['no ending', 'out', {}, /no ending that names a container/],
      ['an unknown codec', 'out.mp4', { codec: 'libnothing' }, /--codec libnothing is no encoder of this ffmpeg/],
    ])('refuses %s', async (_, name, more, message) => {
      const place = subfolder(folder);
      const error = await openEncoder(join(place, name), options(tools!, await info(), more)).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(UsageError);
      expect((error as Error).message).toMatch(message);
      expect(readdirSync(place)).toEqual([]);
    });

    it('copies what sound there is beside a clip that is cut short', async () => {
      const place = subfolder(folder);
      const cut = join(place, 'cut.mp4');
      ffmpeg(
        '-f lavfi -i testsrc2=s=320x240:r=25:d=2 -f lavfi -i sine=d=2 -c:v libx264 -preset ultrafast -g 5 ' +
          `-c:a aac -movflags +faststart ${cut}`,
      );
      truncateSync(cut, Math.floor(statSync(cut).size * 0.6));
      const { frames, warnings } = await reencode(cut, join(place, 'out.mp4'), tools!);
      expect(warnings.length).toBe(1);
      const seen = look(join(place, 'out.mp4'));
      expect(seen.times(0).length).toBe(frames.length);
      expect(seen.packets(1).length).toBeGreaterThan(20);
    });

    it('leaves nothing after abort, whatever was written', async () => {
      const place = subfolder(folder);
      const encoder = await openEncoder(join(place, 'out.mp4'), options(tools!, await info()));
      for (let i = 0; i < 5; i++) await encoder.write({ ...chart(96, 64), index: i, time: i / 25 });
      await encoder.abort();
      expect(readdirSync(place)).toEqual([]);
    });

    it('rejects with the reason of the signal, and leaves nothing', async () => {
      const place = subfolder(folder);
      const abort = new AbortController();
      const encoder = await openEncoder(join(place, 'out.mp4'), options(tools!, await info(), { signal: abort.signal }));
      await encoder.write({ ...chart(96, 64), index: 0, time: 0 });
      abort.abort(new Error('enough'));
      await expect(encoder.write({ ...chart(96, 64), index: 1, time: 0.04 })).rejects.toThrow('enough');
      await encoder.abort();
      expect(readdirSync(place)).toEqual([]);
    });

    it('says what ffmpeg said when it fails, and leaves nothing', async () => {
      const place = subfolder(folder);
      const failing = encode(join(place, 'out.mp4'), options(tools!, await info(), { ffmpegArgs: '-profile:v nonsense' }));
      await expect(failing).rejects.toMatchObject({
        code: 'FFMPEG_FAILED',
        exitCode: 1,
        message: expect.stringMatching(/ffmpeg failed: .+/),
      });
      expect(readdirSync(place)).toEqual([]);
    });

    it('keeps a file that has appeared under its name, unless told to replace it', async () => {
      const place = subfolder(folder);
      const output = join(place, 'out.mp4');
      writeFileSync(output, 'mine');
      await expect(encode(output, options(tools!, await info()))).rejects.toThrow(/has appeared meanwhile: give -y/);
      expect(readFileSync(output, 'utf8')).toBe('mine');
      expect(readdirSync(place)).toEqual(['out.mp4']);
      await encode(output, options(tools!, await info(), { overwrite: true }));
      expect(look(output).times(0).length).toBe(10);
      expect(readdirSync(place)).toEqual(['out.mp4']);
    });

    it('writes into folders and names of any kind', async () => {
      const place = join(subfolder(folder), "it's 100% \u00fcber: [x]");
      mkdirSync(place);
      await encode(join(place, '-o ut.mp4'), options(tools!, await info()));
      expect(readdirSync(place)).toEqual(['-o ut.mp4']);
    });
  });
}

it('judges with a full build', () => expect(judge.lacks).toEqual([]));
