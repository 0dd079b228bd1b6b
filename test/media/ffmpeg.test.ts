// Where ffmpeg is looked for, what is understood of its version, and what depends on it.
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FfmpegMissingError } from '../../media/errors.ts';
import { everyFrame, type Ffmpeg, findFfmpeg } from '../../media/ffmpeg.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { BINARIES, judge } from './support.ts';

const folder = temporaryFolder();

/** A program that prints the version lines of an ffmpeg. */
const printing = (name: string, ...lines: readonly string[]): string => {
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\ncat <<'END'\n${lines.join('\n')}\nEND\n`);
  chmodSync(path, 0o755);
  return path;
};

const banner = (name: string, version: string, libavutil: string): string =>
  printing(name, `ffmpeg version ${version} Copyright (c) the FFmpeg developers`, 'built with gcc', `libavutil      ${libavutil}`);

// biome-ignore format: a table
const VERSIONS: readonly (readonly [version: string, libavutil: string, release: string | undefined, frames: string])[] = [
  ['N-47683-g0e8eb07980-static', '56. 24.101 / 56. 24.101', '4.1', '-vsync'],
  ['4.4.2-0ubuntu0.22.04.1', '56. 70.100 / 56. 70.100', '4.4', '-vsync'],
  ['5.0', '57. 17.100 / 57. 17.100', '5.0', '-vsync'],
  ['5.1.9-0+deb12u1', '57. 28.100 / 57. 28.100', '5.1', '-fps_mode'],
  ['n6.1.1', '58. 29.100 / 58. 29.100', '6.1', '-fps_mode'],
  ['7.1-full_build-www.gyan.dev', '59. 39.100 / 59. 39.100', '7.1', '-fps_mode'],
  ['N-120000-gabcdef', '61.  3.100 / 61.  3.100', '9', '-fps_mode'],
  ['unheard-of', 'none', undefined, '-vsync'],
];

describe.skipIf(process.platform === 'win32')('versions', () => {
  it.each(VERSIONS)('%s', async (version, libavutil, release, frames) => {
    const path = banner(`ffmpeg-${version}`, version, libavutil);
    const found = await findFfmpeg({ ffmpeg: path, ffprobe: judge.ffprobe.path });
    expect(found.ffmpeg).toMatchObject({ path, origin: 'option', version, release });
    expect(everyFrame(found)).toEqual([frames, 'passthrough']);
    expect(found.lacks.length).toBeGreaterThan(5); // it lists no encoders
  });
});

describe.skipIf(process.platform === 'win32')('places', () => {
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  symlinkSync(judge.ffmpeg.path, join(bin, 'ffmpeg'));
  symlinkSync(judge.ffprobe.path, join(bin, 'ffprobe'));
  const named = { FFMPEG_PATH: join(bin, 'ffmpeg'), FFPROBE_PATH: join(bin, 'ffprobe') };
  const origins = ({ ffmpeg, ffprobe }: Ffmpeg) => [ffmpeg.origin, ffprobe.origin];

  it('an option comes first, a folder will do', async () => {
    const found = await findFfmpeg({ ffmpeg: bin, ffprobe: join(bin, 'ffprobe'), env: { FFMPEG_PATH: '/nowhere', PATH: '/nowhere' } });
    expect(origins(found)).toEqual(['option', 'option']);
    expect(found.ffmpeg.path).toBe(join(bin, 'ffmpeg'));
  });

  it('then the environment', async () => {
    expect(origins(await findFfmpeg({ env: { ...named, PATH: '/nowhere' } }))).toEqual(['environment', 'environment']);
  });

  it('then the PATH', async () => {
    expect(origins(await findFfmpeg({ env: { PATH: `/nowhere:${bin}` } }))).toEqual(['path', 'path']);
  });

  it.skipIf(!BINARIES[1]?.tools)('then the packages, also past a broken program on the PATH', async () => {
    const broken = join(folder, 'broken');
    mkdirSync(broken);
    writeFileSync(join(broken, 'ffmpeg'), 'no program');
    expect(origins(await findFfmpeg({ env: { PATH: broken } }))).toEqual(['package', 'package']);
    expect(origins(await findFfmpeg())).toEqual(['package', 'package']);
  });

  it('ffprobe is looked for beside a given ffmpeg before the packages', async () => {
    expect((await findFfmpeg({ ffmpeg: join(bin, 'ffmpeg'), env: {} })).ffprobe.path).toBe(join(bin, 'ffprobe'));
  });

  // biome-ignore format: a table
  it.each([
    ['an option that names nothing', { ffmpeg: '/nowhere/ffmpeg' }, /the option --ffmpeg names \/nowhere\/ffmpeg.*no such file/],
    ['a variable that names nothing', { env: { FFMPEG_PATH: '/nowhere/ffmpeg' } }, /FFMPEG_PATH names \/nowhere\/ffmpeg/],
    ['an ffprobe that names nothing', { ffmpeg: judge.ffmpeg.path, ffprobe: '/nowhere/x' }, /the option --ffprobe names/],
    ['another program', { ffmpeg: process.execPath }, /no working ffmpeg/],
  ])('refuses %s', async (_, options, message) => {
    const error = await findFfmpeg(options).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(FfmpegMissingError);
    expect(error).toMatchObject({ code: 'FFMPEG_MISSING', exitCode: 3, message: expect.stringMatching(message) });
  });

  it('knows what a full build has', () => {
    expect(judge.encoders.has('libx264')).toBe(true);
    expect(judge.decoders.has('h264')).toBe(true);
    expect(judge.filters.has('scale')).toBe(true);
    expect(dirname(judge.ffmpeg.path)).not.toBe('');
  });

  it.each(BINARIES.filter(({ tools }) => tools))('knows the encoders and decoders that the $name ffmpeg lists', ({ tools }) => {
    for (const list of ['encoders', 'decoders'] as const) {
      const lines = execFileSync(tools!.ffmpeg.path, ['-hide_banner', `-${list}`], { encoding: 'utf8' }).split('------\n')[1]!;
      const names = lines.split('\n').flatMap(line => line.trim().split(/ +/)[1] ?? []);
      expect([...tools![list]].toSorted()).toEqual(names.toSorted());
    }
  });
});
