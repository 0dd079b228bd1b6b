// Many clips by the command: the lines of docs/clips.md, as they stand there.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { packageRoot } from '../../config/paths.ts';
import { makeClip } from '../pipeline/clips.ts';
import { rerenderCommand } from '../support/cli.ts';
import { temporaryFolder } from '../support/temporary.ts';

const folder = temporaryFolder();
/** What keeps the drawing small, so that the lines stay as they are. */
const env = {
  RERENDER_SIZE: '64',
  RERENDER_STEPS: '1',
  RERENDER_STRENGTH: '1',
  RERENDER_FRAMES: '0-1',
  RERENDER_DEVICE: 'cpu',
  RERENDER_WORK_DIR: join(folder, 'work'),
};

/** The lines of the documentation, without what stands behind `#`. */
const LINES = readFileSync(join(packageRoot, 'docs', 'clips.md'), 'utf8')
  .split('```')[1]!
  .trim()
  .split('\n')
  .map(line => line.replace(/\s+#.*$/, ''));

/** The words of a line as a shell splits it. */
const wordsOf = (line: string): string[] => [...line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(([, a, b, c]) => a ?? b ?? c!);

const run = (line: string, options = {}) => {
  const [program, ...args] = wordsOf(line);
  expect(program).toBe('rerender');
  return rerenderCommand(args, { cwd: folder, env, ...options });
};

beforeAll(async () => {
  for (const name of ['clips', 'more', 'empty']) mkdirSync(join(folder, name));
  await makeClip(join(folder, 'clips', 'boat.mp4'), 'testsrc2', 2);
  await makeClip(join(folder, 'clips', 'tree.mov'), 'smptebars', 2);
  for (const name of ['a.mp4', 'more/boat.mp4']) writeFileSync(join(folder, name), readFileSync(join(folder, 'clips', 'boat.mp4')));
});

describe('many clips', () => {
  const [FOLDER = '', PATTERN = '', SKIPPING = '', DRY = ''] = LINES;

  test('Ctrl-C ends all of them; the same command goes on', { timeout: 60_000 }, async () => {
    const stopped = await run(FOLDER, { interruptWhen: /clip 2 of 2/ });
    expect(stopped.code).toBe(130);
    expect(readdirSync(join(folder, 'results'))).toEqual(['boat.mp4']);
    const ran = await run(FOLDER);
    expect(ran.code).toBe(0);
    expect(readdirSync(join(folder, 'results'))).toEqual(['boat.mp4', 'tree.mov']);
    expect(ran.stderr).toMatch(/clip 1 of 2: clips.boat\.mp4\nleft alone: finished by an earlier run of this command\n/);
    expect(ran.stderr).toMatch(/\nclip +frames +time +result\nclips.boat\.mp4 .*left alone.*\nclips.tree\.mov +2 .*results.tree\.mov\n/);
    expect(ran.stderr).toMatch(/2 clips in .*: 1 done, 1 left alone\n$/);
  });

  test('a clip, one that is not there, a pattern: one stream of events, and exit code 1', { timeout: 60_000 }, async () => {
    const ran = await run(`${PATTERN} --json`);
    expect(ran.code).toBe(1);
    const events = ran.stdout
      .trim()
      .split('\n')
      .map(
        text => JSON.parse(text) as { type: string; state?: string; clip?: { number: number; count: number } } & Record<string, unknown>,
      );
    expect(events.filter(({ type }) => type === 'clip').map(({ state, clip }) => [state, clip!.number])).toEqual([
      ['start', 1],
      ['done', 1],
      ['start', 2],
      ['failed', 2], // b.mov is not there
      ['start', 3],
      ['failed', 3], // results/boat.mp4 is there, from another command
    ]);
    expect(events.at(-2)).toMatchObject({ type: 'summary', done: 1, skipped: 0, failed: 2 });
    expect(events.at(-1)).toMatchObject({ type: 'error', code: 'CLIPS_FAILED', message: expect.stringMatching(/^2 of 3 clips failed/) });
    expect(JSON.stringify(events.at(-2))).toMatch(/boat\.mp4 exists: give --skip-existing to leave it as it is, or -y to replace it/);
  });

  test('--skip-existing leaves alone what is there', { timeout: 60_000 }, async () => {
    const ran = await run(SKIPPING);
    expect(ran.code).toBe(0);
    expect(ran.stderr).toMatch(/2 clips in .*: 0 done, 2 left alone\n$/);
  });

  test('--dry-run plans each', { timeout: 60_000 }, async () => {
    const ran = await run(DRY);
    expect(ran.code).toBe(0);
    expect(ran.stdout).toMatch(/^clip 1 of 2\nclips.boat\.mp4: 2 frames/);
    expect(ran.stdout).toMatch(/output {5}clips.tree\.rerender\.mov\n\n2 clips, 4 frames, about .* s\n$/);
  });
});

test.each<[string, number, RegExp]>([
  ['rerender empty --style oil', 4, /the folder empty holds no video/],
  [`rerender 'clips/*.avi' --style oil`, 4, /no file matches clips\/\*\.avi/],
  ['rerender a.mp4 clips -o out.mp4 --style oil', 2, /out\.mp4 is a file, and several clips need a folder: give one, such as -o results/],
  ['rerender clips --dry-run --plan plan.svg --style oil', 2, /--plan writes the plan of one clip/],
  ['rerender a.mp4 more', 2, /No style/],
])('%s is one sentence', async (line, code, message) => {
  const ran = await run(line);
  expect(ran.stderr).toMatch(message);
  expect(ran.stderr.trim().split('\n').length).toBe(1);
  expect(ran.code).toBe(code);
});
