// Finished parts stay within a limit, by clip: what is found again, what goes, what a living run keeps.
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findFfmpeg } from '../../media/ffmpeg.ts';
import { openSession, type PartialOptions, rerender } from '../../pipeline/index.ts';
import { rerenderCommand } from '../support/cli.ts';
import { exampleClip } from '../support/example.ts';
import { temporaryFolder } from '../support/temporary.ts';

const clip = exampleClip();
const other = join(temporaryFolder(), 'other.mp4');
const out = temporaryFolder();
const SMALL = {
  style: 'oil',
  size: 64,
  steps: 2,
  strength: 0.5,
  frames: [0, 6],
  interval: 3,
  propagate: 'warp',
  control: ['none'],
} as const;
const TYPED = [
  clip,
  ...['--style', 'oil', '--size', '64', '--steps', '2', '--strength', '0.5', '--frames', '0-6', '--interval', '3'],
  ...['--propagate', 'warp', '--control', 'none'],
];
const env = { XDG_CACHE_HOME: join(out, 'cache') };
const cache = join(env.XDG_CACHE_HOME, 'rerender');

const run = (...args: string[]) => rerenderCommand(args, { env });
/** Draws in this process, and tells what happened. */
const draw = async (input: string, name: string, more: PartialOptions = {}): Promise<string> => {
  const events: string[] = [];
  await rerender({ input, output: join(out, name), ...SMALL, ...more, onEvent: event => events.push(JSON.stringify(event)) });
  return events.join('\n');
};
const files = (at: string): string[] =>
  readdirSync(at, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name));
const artifacts = (at = cache): string[] => files(at).filter(file => /-[0-9a-f]{40}$/.test(file));
const bytes = (at = cache): number => artifacts(at).reduce((sum, file) => sum + statSync(file).size, 0);
type Listed = {
  bytes: number;
  limit: number;
  clips: { name: string; path?: string; files: number; bytes: number; running: boolean; steps: Record<string, { files: number }> }[];
};
const listed = async (...more: string[]): Promise<Listed> => JSON.parse((await run('cache', 'list', '--json', ...more)).stdout) as Listed;

const home = process.env.XDG_CACHE_HOME;
afterAll(() => {
  if (home === undefined) delete process.env.XDG_CACHE_HOME;
  else process.env.XDG_CACHE_HOME = home;
});
beforeAll(async () => {
  Object.assign(process.env, env);
  const { ffmpeg } = await findFfmpeg({ env: process.env });
  const half = ['-vf', 'hflip', '-frames:v', '7', '-an', other];
  execFileSync(ffmpeg.path, ['-v', 'error', '-y', '-i', clip, ...half]);
  await draw(clip, 'first.mp4');
}, 60_000);

describe('what is written anew', () => {
  test('at another quality, in another container or without metadata draws and propagates nothing', { timeout: 60_000 }, async () => {
    const before = artifacts().sort();
    const lines = [
      [...TYPED, '-o', join(out, 'crf.mp4'), '--crf', '35', '--json'],
      [...TYPED, '-o', join(out, 'container.mkv'), '--no-metadata', '--json'],
    ];
    for (const line of lines) {
      const { code, stdout } = await run(...line);
      expect(code).toBe(0);
      expect(stdout).toContain('"propagated":4,"propagatedCached":4');
      expect(stdout).toContain('"stage":"keyframes","state":"done","cached":3');
      expect(stdout).toContain('"stage":"propagate","state":"done","cached":2');
      expect(artifacts().sort()).toEqual(before);
    }
  });

  test('without a cache nothing stays', async () => {
    const before = files(cache).sort();
    await draw(clip, 'none.mp4', { cache: false, seed: 3 });
    expect(files(cache).sort()).toEqual(before);
  });
});

describe('the list', () => {
  test('names clips by what they were called, and what each step left', async () => {
    const { bytes: total, limit, clips } = await listed();
    expect(limit).toBe(4e9);
    expect(total).toBe(bytes());
    expect(clips.length).toBe(1);
    expect(clips[0]).toMatchObject({ name: 'lakeside.mp4', path: clip, running: false, steps: { interval: { files: 2 } } });
    const { stdout } = await run('cache');
    expect(stdout).toMatch(/lakeside\.mp4 +\d+ kB +\d+ +0 min/);
    expect(stdout).toContain(cache);
    expect((await run('doctor')).stdout).toMatch(/cache +0\.\d\d GB of finished parts; at most 4 GB \(--cache-limit\)/);
  });

  test('a copy of a clip shares its place', async () => {
    const copy = join(out, 'copy.mp4');
    copyFileSync(clip, copy);
    expect(await draw(copy, 'of-copy.mp4')).toContain('"propagatedCached":4');
    expect((await listed()).clips.map(({ name }) => name)).toEqual(['copy.mp4']);
    await draw(clip, 'again.mp4');
  });

  test.each([
    [['cache', 'clear'], /no `rerender cache clear`\. Did you mean clean\?/],
    [['cache', 'clean', '--older', '3'], /--older must be hours, days or weeks such as 12h, 30d or 2w; got 3/],
    [['cache', 'clean', '--clip', 'foo.mp4'], /holds nothing of foo\.mp4\. What is there is of lakeside\.mp4/],
    [['cache', 'list', '--crf', '3'], /--crf belongs to/],
    [['lakeside.mp4', '--cache-limit', 'much'], /--cache-limit must be a number from 0/],
  ])('%j is refused in a sentence', async (args, message) => {
    const { code, stderr } = await run(...args);
    expect(stderr).toMatch(message);
    expect(code).toBe(2);
  });
});

describe('limits', () => {
  const work = join(out, 'limits');

  test('the longest unused goes at the end of a run; frames do not push out their key frames', { timeout: 60_000 }, async () => {
    const frames = artifacts().filter(file => /interval/.test(file));
    const drawn = artifacts().filter(file => !/interval/.test(file));
    const limit = 2 * drawn.reduce((sum, file) => sum + statSync(file).size, 0); // of which frames get the other half
    expect(bytes()).toBeGreaterThan(limit);
    await draw(clip, 'limited.mp4', { cacheLimit: limit / 1e9 });
    expect(bytes()).toBeLessThanOrEqual(limit);
    expect(artifacts()).toEqual(expect.arrayContaining(drawn));
    expect(artifacts().filter(file => frames.includes(file)).length).toBeLessThan(frames.length);
    expect(await draw(clip, 'whole.mp4')).toContain('"stage":"keyframes","state":"done","cached":3');
    expect(readFileSync(join(out, 'whole.mp4')).equals(readFileSync(join(out, 'first.mp4')))).toBe(true);
  });

  test('of a named folder only the frames of results are limited', { timeout: 60_000 }, async () => {
    await draw(clip, 'named.mp4', { cacheLimit: 0, workDir: work });
    expect(artifacts(work).filter(file => /interval/.test(file))).toEqual([]);
    expect(artifacts(work).filter(file => /keyframe|anchor/.test(file)).length).toBe(3);
  });

  test('what another run uses stays, whatever the limit', { timeout: 60_000 }, async () => {
    const before = artifacts();
    const session = await openSession({ input: clip, style: 'oil', size: 64, cacheLimit: 4, workDir: cache });
    try {
      await draw(other, 'small.mp4', { cacheLimit: 0 });
      expect(artifacts()).toEqual(expect.arrayContaining(before));
      expect(artifacts().length).toBe(before.length);
    } finally {
      await session.close();
    }
  });

  test('two runs of a clip at once share what they make', { timeout: 60_000 }, async () => {
    const both = await Promise.all([0, 1].map(i => run(...TYPED, '--seed', '9', '-o', join(out, `both-${i}.mp4`))));
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    expect(readFileSync(join(out, 'both-0.mp4')).equals(readFileSync(join(out, 'both-1.mp4')))).toBe(true);
    expect(files(cache).filter(file => /\.part|leases|released/.test(file))).toEqual([]);
  });
});

describe('cleaning', () => {
  test('leaves alone what a run uses, and says so', { timeout: 60_000 }, async () => {
    await draw(other, 'other.mp4');
    const session = await openSession({ input: clip, style: 'oil', size: 64, workDir: cache });
    try {
      const { code, stderr } = await run('cache', 'clean', '--clip', clip);
      expect(stderr).toMatch(/A run that goes on uses .*lakeside\.mp4, so nothing of it is removed: wait/);
      expect(code).toBe(2);
      const before = (await listed()).clips.find(({ name }) => name === 'lakeside.mp4')!;
      expect(before.running).toBe(true);
      const all = await run('cache', 'clean');
      expect(all.code).toBe(0);
      expect(all.stdout).toContain('lakeside.mp4 is left as it is: a run that goes on uses it');
      expect((await listed()).clips).toEqual([before]);
    } finally {
      await session.close();
    }
  });

  test('removes what was not used for so long', async () => {
    const old = artifacts().filter(file => /interval/.test(file));
    const then = new Date(Date.now() - 31 * 86_400_000);
    for (const file of old) utimesSync(file, then, then);
    const rest = artifacts().filter(file => !old.includes(file));
    expect((await run('cache', 'clean', '--older', '30d')).stdout).toContain(`${old.length} files removed`);
    expect(artifacts().sort()).toEqual(rest.sort());
  });

  test('removes one clip, by its path or its name, and then everything', { timeout: 60_000 }, async () => {
    await draw(other, 'other.mp4', { overwrite: true });
    expect((await run('cache', 'clean', '--clip', 'other.mp4')).code).toBe(0);
    expect((await listed()).clips.map(({ name }) => name)).toEqual(['lakeside.mp4']);
    expect((await run('cache', 'clean', '--clip', clip)).code).toBe(0);
    expect((await listed()).clips).toEqual([]);
    await draw(clip, 'once-more.mp4');
    expect((await run('cache', 'clean')).stdout).toMatch(/[1-9]\d* files removed/);
    expect(files(cache)).toEqual([]);
  });

  test('weights computed in advance are shown and removed, but not with a clip', async () => {
    const weights = join(cache, 'derived', 'some.f32');
    mkdirSync(dirname(weights), { recursive: true });
    writeFileSync(weights, new Uint8Array(2_000_000));
    expect((await run('cache')).stdout).toContain('weights computed in advance: 2.0 MB, last used 0 min ago');
    expect((await run('cache', 'clean', '--older', '30d')).stdout).toContain('0 files removed');
    expect((await run('cache', 'clean', '--clip', clip)).code).toBe(2);
    expect(existsSync(weights)).toBe(true);
    expect((await run('cache', 'clean')).stdout).toContain('1 file removed, 2.0 MB');
    expect(existsSync(weights)).toBe(false);
  });
});
