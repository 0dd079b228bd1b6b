// Decoding: right colours from any source, damaged clips in part, no more read than is taken, nothing left behind.
import { execFileSync } from 'node:child_process';
import { readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decodeFrames } from '../../media/decode.ts';
import { MediaError } from '../../media/errors.ts';
import type { Frame } from '../../media/frame.ts';
import { probe } from '../../media/probe.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { BINARIES, decode, ffmpeg } from './support.ts';

const folder = temporaryFolder();

/** A chart of eight flat bars, 12 pixels wide each, 32 high, as raw RGB24. */
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
const [WIDTH, HEIGHT] = [96, 32];
writeFileSync(
  join(folder, 'bars.rgb'),
  Uint8Array.from({ length: WIDTH * HEIGHT * 3 }, (_, p) => BARS[Math.floor((Math.floor(p / 3) % WIDTH) / 12)]![p % 3]!),
);
const CHART = `-f rawvideo -pix_fmt rgb24 -s ${WIDTH}x${HEIGHT} -i {}/bars.rgb`;

/** The colours in the middle of the bars. */
const barsOf = ({ width, height, data }: Frame): number[][] =>
  BARS.map((_, bar) => {
    const at = 3 * (Math.floor(height / 2) * width + Math.floor(((bar + 0.5) * width) / BARS.length));
    return [...data.subarray(at, at + 3)];
  });

const largestError = (got: readonly (readonly number[])[], wanted: readonly (readonly number[])[]): number =>
  Math.max(...got.flatMap((colour, i) => colour.map((value, c) => Math.abs(value - wanted[i]![c]!))));

const scaled = (matrix: string, range = 'tv', size = 'iw:ih') =>
  `-vf scale=${size}:flags=accurate_rnd+full_chroma_int+full_chroma_inp:out_color_matrix=${matrix}:out_range=${range},format=yuv444p`;
const X264 = '-c:v libx264 -preset ultrafast -qp 1';
const tags = (primaries: string, transfer: string, matrix: string, range = 'tv') =>
  `-color_primaries ${primaries} -color_trc ${transfer} -colorspace ${matrix} -color_range ${range}`;

// biome-ignore format: a table
const CHARTS: readonly { name: string; make: string; tolerance?: number }[] = [
  { name: 'BT.709', make: `${CHART} ${scaled('bt709')} ${X264} ${tags('bt709', 'bt709', 'bt709')} {}/a.mp4` },
  { name: 'BT.601', make: `${CHART} ${scaled('bt601')} ${X264} ${tags('smpte170m', 'smpte170m', 'smpte170m')} {}/a.mp4` },
  { name: 'BT.470BG', make: `${CHART} ${scaled('bt601')} ${X264} ${tags('bt470bg', 'gamma28', 'bt470bg')} {}/a.mp4` },
  { name: 'SMPTE 240M', make: `${CHART} ${scaled('smpte240m')} ${X264} ${tags('smpte240m', 'smpte240m', 'smpte240m')} {}/a.mp4` },
  { name: 'BT.2020 matrix, no HDR', make: `${CHART} ${scaled('bt2020')} ${X264} ${tags('bt2020', 'bt2020-10', 'bt2020nc')} {}/a.mp4` },
  { name: 'BT.709 in full range', make: `${CHART} ${scaled('bt709', 'pc')} ${X264} ${tags('bt709', 'bt709', 'bt709', 'pc')} {}/a.mp4` },
  { name: 'JPEG', make: `${CHART} -c:v mjpeg -q:v 1 -pix_fmt yuvj444p {}/a.mov`, tolerance: 6 },
  { name: 'untagged SD: BT.601', make: `${CHART} ${scaled('bt601')} ${X264} {}/a.mp4` },
  { name: 'untagged HD: BT.709', make: `${CHART} ${scaled('bt709', 'tv', '2160:720')} ${X264} {}/a.mp4` },
  { name: 'RGB', make: `${CHART} -c:v libx264rgb -preset ultrafast -qp 0 {}/a.mkv`, tolerance: 1 },
  { name: '10 bits', make: `${CHART} ${scaled('bt709')}10le ${X264} ${tags('bt709', 'bt709', 'bt709')} {}/a.mp4` },
  { name: '4:2:0', make: `${CHART} ${scaled('bt709').replace('yuv444p', 'yuv420p')} ${X264} ${tags('bt709', 'bt709', 'bt709')} {}/a.mp4` },
];

// biome-ignore format: a table
const HDR = [
  { name: 'PQ', transfer: 'smpte2084' },
  { name: 'HLG', transfer: 'arib-std-b67' },
] as const;

// a white square, half transparent on the left, opaque on the right
const HALF = '-f lavfi -i color=white:s=64x64:r=5:d=0.6,format=rgba,geq=r=255-N:g=255:b=255:a=128+127*gte(X\\,32)';
const ALPHA = [
  { name: 'PNG in mov', make: `${HALF} -c:v png {}/a.mov` },
  { name: 'VP9 in webm', make: `${HALF} -c:v libvpx-vp9 -b:v 2M -pix_fmt yuva420p {}/a.webm` },
  { name: 'QuickTime animation', make: `${HALF} -c:v qtrle -pix_fmt argb {}/a.mov` },
] as const;

for (const { name: binary, tools } of BINARIES) {
  describe.skipIf(!tools)(`${binary} ffmpeg`, () => {
    const made = (name: string) => join(folder, `${binary}-${name}`);
    const make = (command: string): string => {
      const file = /\{\}\/(\S+)$/.exec(command)![1]!;
      ffmpeg(command.replace(`{}/${file}`, made(file)), folder);
      return made(file);
    };

    it.each(CHARTS)('colours of $name', async ({ make: command, tolerance = 4 }) => {
      const { frames, warnings } = await decode(make(command), tools!, { width: WIDTH, height: HEIGHT });
      expect(frames.length).toBe(1);
      expect(largestError(barsOf(frames[0]!), BARS)).toBeLessThanOrEqual(tolerance);
      expect(warnings).toEqual([]);
    });

    it.each(HDR)('$name is brought down, with a warning', async ({ transfer, name }) => {
      const path = make(`${CHART} ${scaled('bt2020')}10le ${X264} ${tags('bt2020', transfer, 'bt2020nc')} {}/hdr.mp4`);
      const { frames, warnings } = await decode(path, tools!, { width: WIDTH, height: HEIGHT });
      expect(warnings).toEqual([expect.stringContaining(`HDR (${name})`)]);
      const [white, , , green, , red, blue, black] = barsOf(frames[0]!) as number[][];
      const luma = ([r, g, b]: readonly number[]) => 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
      // greys stay grey, hues stay, brighter stays brighter, and black stays black
      for (const grey of [white!, black!]) expect(Math.max(...grey) - Math.min(...grey)).toBeLessThanOrEqual(4);
      expect(green!.indexOf(Math.max(...green!))).toBe(1);
      expect(red!.indexOf(Math.max(...red!))).toBe(0);
      expect(blue!.indexOf(Math.max(...blue!))).toBe(2);
      expect(luma(black!)).toBeLessThan(25);
      expect(luma(white!)).toBeGreaterThan(180);
      expect(luma(green!)).toBeLessThan(luma(white!));
    });

    it.each(ALPHA)('$name: transparency is shown on black, with a warning', async ({ make: command }) => {
      const { frames, warnings } = await decode(make(command), tools!);
      expect(warnings).toEqual([expect.stringContaining('transparent')]);
      expect(frames.length).toBe(3);
      const at = (x: number) => [...frames[0]!.data.subarray(3 * (32 * 64 + x), 3 * (32 * 64 + x) + 3)];
      for (const value of at(8)) expect(Math.abs(value - 128)).toBeLessThanOrEqual(4);
      for (const value of at(56)) expect(value).toBeGreaterThanOrEqual(250);
    });

    it('squares pixels that are not square', async () => {
      const { info, frames } = await decode(make(`${CHART} -vf setsar=4/3,format=yuv444p ${X264} {}/wide.mp4`), tools!, {
        width: 128,
        height: 32,
      });
      expect([info.width, info.height]).toEqual([128, 32]);
      expect(largestError(barsOf(frames[0]!), BARS)).toBeLessThanOrEqual(4);
    });

    it('gives what can be decoded of a clip that is cut short, and warns', async () => {
      const path = make('-f lavfi -i testsrc2=s=320x240:r=25:d=2 -c:v libx264 -preset ultrafast -g 5 -movflags +faststart {}/cut.mp4');
      const size = statSync(path).size;
      truncateSync(path, Math.floor(size * 0.6));
      const { frames, warnings } = await decode(path, tools!);
      expect(frames.length).toBeGreaterThan(10);
      expect(frames.length).toBeLessThan(50);
      expect(warnings.join('\n')).toMatch(/cut short: \d+ of 50 frames could be decoded \(.+\)/);
    });

    it('refuses a clip of which nothing can be decoded', async () => {
      const path = make('-f lavfi -i testsrc2=s=320x240:r=25:d=0.4 -c:v libx264 -preset ultrafast -movflags +faststart {}/dead.mp4');
      const bytes = readFileSync(path);
      bytes.fill(0, bytes.indexOf('mdat') + 4);
      writeFileSync(path, bytes);
      await expect(decode(path, tools!)).rejects.toThrow(MediaError);
    });

    it('reads no more than is taken', async () => {
      // 1000 frames of 48 kB; the consumer stops at the third one and looks how far ffmpeg has come
      const path = make('-f lavfi -i testsrc=s=128x128:r=25:d=40 -c:v mpeg4 -g 1 {}/long.avi');
      const info = await probe(path, tools!);
      const frames = decodeFrames(info, { ffmpeg: tools!, width: 128, height: 128 });
      for (let i = 0; i < 3; i++) await frames.next();
      const before = process.memoryUsage().arrayBuffers;
      await new Promise(resolve => setTimeout(resolve, 1000));
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(4e6);
      await frames.return();
    });

    it('leaves no process behind when its consumer stops or aborts', async () => {
      const path = make('-f lavfi -i testsrc=s=128x128:r=25:d=40 -c:v mpeg4 -g 1 {}/stopped.avi');
      const info = await probe(path, tools!);
      const running = () => execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' }).includes(path);
      for await (const frame of decodeFrames(info, { ffmpeg: tools!, width: 128, height: 128 })) {
        expect(running()).toBe(true);
        if (frame.index === 2) break;
      }
      expect(running()).toBe(false);
      const abort = new AbortController();
      const aborted = async () => {
        for await (const frame of decodeFrames(info, { ffmpeg: tools!, width: 128, height: 128, signal: abort.signal })) {
          if (frame.index === 2) abort.abort(new Error('enough'));
        }
      };
      await expect(aborted()).rejects.toThrow('enough');
      expect(running()).toBe(false);
    });
  });
}
