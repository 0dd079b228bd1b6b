// Whole runs of the command under faults: what was interrupted, shared, swapped or damaged gives the undisturbed result or an error.
import { type ChildProcess, spawn } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { packageRoot } from '../../config/paths.ts';
import { rerenderCommand } from '../support/cli.ts';
import { brokenFfmpeg, canMount, smallDisk, soundClip } from '../support/faults.ts';
import { filesBelow, namesIn, partsIn } from '../support/parts.ts';
import { childrenOf } from '../support/processes.ts';
import { temporaryFolder } from '../support/temporary.ts';

const folder = temporaryFolder();
const clip = soundClip(join(folder, 'clip.mp4'));
const DRAWING = ['--style', 'x', '--size', '64', '--steps', '3', '--strength', '1', '--interval', '4', '--no-metadata'];
const args = (work: string, output: string, ...more: string[]) => [
  clip,
  ...DRAWING,
  '--work-dir',
  join(folder, work),
  '-o',
  output,
  ...more,
];
const place = (name: string) => join(folder, name);
const partsOf = (work: string, ...steps: readonly string[]) => partsIn(place(work), ...steps);
const KEYFRAMES = ['anchor', 'keyframe'];

/** What is left of a run that no run may leave. */
const leftovers = (): string[] => filesBelow(folder).filter(file => /\.part\b/.test(file) || /[/\\]leases[/\\]/.test(file));

let whole: Buffer; // the result of an undisturbed run
beforeAll(async () => {
  const { code, stderr } = await rerenderCommand(args('calm', place('calm.mp4')));
  expect(stderr.includes('error') ? stderr : '').toBe('');
  expect(code).toBe(0);
  whole = readFileSync(place('calm.mp4'));
});

const started = (given: readonly string[]): { child: ChildProcess; ended: Promise<number | null>; text: () => string } => {
  const child = spawn(process.execPath, [join(packageRoot, 'dist', 'cli', 'main.js'), ...given], {
    env: { ...process.env, NO_COLOR: '1', CI: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', chunk => (text += chunk));
  return { child, ended: new Promise(resolve => child.on('close', resolve)), text: () => text };
};

/** Resolves when something holds; the test's own time limit ends the waiting. */
const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await new Promise(resolve => setTimeout(resolve, 10));
};

describe('runs that share a work folder', () => {
  test('with other outputs, at once: each is right', async () => {
    const outputs = ['a.mp4', 'b.mp4', 'c.mp4'].map(place);
    const ran = await Promise.all(outputs.map(output => rerenderCommand(args('shared', output))));
    expect(ran.map(({ code }) => code)).toEqual([0, 0, 0]);
    for (const output of outputs) expect(readFileSync(output).equals(whole)).toBe(true);
    expect(leftovers()).toEqual([]);
    expect(namesIn(place('shared'))).toEqual(namesIn(place('calm'))); // what the last one leaves is what one alone leaves
    expect(namesIn(place('shared')).filter(name => !/[/\\](anchor|keyframe|interval|survey)[/\\]|[/\\]clip\.json$/.test(name))).toEqual([]);
  });

  test('with the same output and -y, at once: the last finisher wins whole', async () => {
    const ran = await Promise.all([1, 2].map(() => rerenderCommand(args('same', place('same.mp4'), '-y'))));
    expect(ran.map(({ code }) => code)).toEqual([0, 0]);
    expect(readFileSync(place('same.mp4')).equals(whole)).toBe(true);
    expect(leftovers()).toEqual([]);
  });
});

test('a run that is killed leaves nothing under the name; the next goes on, cleans up and gives the same result', async () => {
  const run = started(args('killed', place('killed.mp4')));
  await until(() => partsOf('killed', ...KEYFRAMES).length > 2);
  run.child.kill('SIGKILL');
  await run.ended;
  expect(existsSync(place('killed.mp4'))).toBe(false);
  expect((await rerenderCommand(args('killed', place('killed.mp4')))).code).toBe(0);
  expect(readFileSync(place('killed.mp4')).equals(whole)).toBe(true);
  expect(leftovers()).toEqual([]);
  expect(namesIn(place('killed'))).toEqual(namesIn(place('calm')));
});

test.each([
  [
    'a bit in the body',
    (file: string) =>
      writeFileSync(
        file,
        readFileSync(file).map((byte, i) => (i === 40 ? byte ^ 1 : byte)),
      ),
  ],
  ['cut to half', (file: string) => truncateSync(file, statSync(file).size >> 1)],
  ['gone', (file: string) => rmSync(file)],
])('attention states damaged while they are needed (%s) are drawn again, with the same result', async (name, damage) => {
  const work = `damaged ${name}`;
  const run = started(args(work, place(`${name}.mp4`), '--bank-memory', '0'));
  await until(() => partsOf(work, ...KEYFRAMES).length >= 7); // those of the first key frame, and some of the second
  for (const file of partsOf(work, ...KEYFRAMES)) {
    try {
      damage(file);
    } catch {
      // the run was quicker: it has no use for this one any more
    }
  }
  expect(await run.ended).toBe(0);
  expect(readFileSync(place(`${name}.mp4`)).equals(whole)).toBe(true);
});

test('an input that is replaced during the run is an error, and nothing of the new file is stored as the old', async () => {
  const input = place('input.mp4');
  const other = soundClip(place('other.mp4'), 20, ['-c:v', 'libx264', '-g', '2', '-vf', 'negate']);
  copyFileSync(clip, input);
  const given = args('swapped', place('swapped.mp4')).map(arg => (arg === clip ? input : arg));
  const run = started(given);
  await until(() => partsOf('swapped', 'survey').length > 0);
  renameSync(input, place('old.mp4'));
  copyFileSync(other, input);
  expect(await run.ended).toBe(4);
  expect(run.text()).toMatch(/input\.mp4 was changed or replaced while it was read/);
  expect(existsSync(place('swapped.mp4'))).toBe(false);
  renameSync(place('old.mp4'), input);
  expect((await rerenderCommand(given)).code).toBe(0);
  expect(readFileSync(place('swapped.mp4')).equals(whole)).toBe(true);
});

test('a decoder killed by its process number ends the run; nothing short is kept', async () => {
  const long = soundClip(place('long.mp4'), 3000);
  const given = [long, '--style', 'x', '--stop-after', 'shots', '--json', '--work-dir', place('pid')];
  const run = started(given);
  let pid: number | undefined;
  await until(() => {
    pid = childrenOf(run.child.pid!, 'rawvideo')[0];
    return pid !== undefined || run.child.exitCode !== null;
  });
  process.kill(pid!, 'SIGKILL');
  expect(await run.ended).toBe(1);
  expect(run.text()).toMatch(/ended by SIGKILL/);
  const again = await rerenderCommand(given);
  expect(again.stdout).toMatch(/"frames":3000\b/);
});

describe('an error ends the program', () => {
  test.each([
    ['a picture as the output', ['--no-cache', '-o', 'x.png'], 2],
    ['a pattern as the output', ['--no-cache', '-o', 'x_%04d.png'], 2],
    ['a codec that is none', ['--no-cache', '-o', 'x.mp4', '--codec', 'nosuch'], 2],
    ['a work folder that is a file', ['-o', 'x.mp4', '--work-dir', clip], 2],
    ['a work folder below a file', ['-o', 'x.mp4', '--work-dir', join(clip, 'below')], 2],
    ['previews in a file', ['--no-cache', '-o', 'x.mp4', '--previews', clip], 2],
  ])('%s', async (_, more, expected) => {
    const { code, stderr } = await rerenderCommand([clip, ...DRAWING, ...more], { cwd: folder });
    expect(stderr).not.toMatch(/unexpected error/);
    expect(code).toBe(expected);
  });

  test('no folder for temporary files, and no cache', async () => {
    const { code, stderr } = await rerenderCommand([clip, ...DRAWING, '--no-cache', '-o', place('t.mp4')], {
      env: { TMPDIR: place('none') },
    });
    expect(stderr).toMatch(/No temporary folder can be made in .*none.*TMPDIR/);
    expect(code).toBe(2);
  });

  test('an encoder that dies while key frames are drawn', async () => {
    const ffmpeg = brokenFfmpeg(place('dying'), 'encoding', 'exit 7');
    const { code } = await rerenderCommand(args('dying-work', place('dying.mp4'), '--ffmpeg', ffmpeg));
    expect(code).toBe(1);
    expect(leftovers()).toEqual([]);
  });
});

test('a cache that cannot be used is told once, and a temporary one goes with the run', async () => {
  for (const home of ['/dev/null', join(clip, 'home')]) {
    const output = place(`home-${home.length}.mp4`);
    const { code, stderr } = await rerenderCommand([clip, ...DRAWING, '-o', output], { env: { HOME: home, XDG_CACHE_HOME: '' } });
    expect(stderr.match(/the cache .* cannot be used/g)?.length).toBe(1);
    expect(code).toBe(0);
    expect(readFileSync(output).equals(whole)).toBe(true);
  }
});

test('a temporary folder of a killed run is removed by the next', async () => {
  const tmp = place('tmp');
  mkdirSync(tmp);
  const run = started([clip, ...DRAWING, '--no-cache', '-o', place('tmp.mp4')]);
  run.child.kill('SIGKILL');
  await run.ended;
  mkdirSync(join(tmp, 'rerender-notes'));
  const killed = spawn(
    process.execPath,
    [join(packageRoot, 'dist', 'cli', 'main.js'), clip, ...DRAWING, '--no-cache', '-o', place('tmp.mp4')],
    {
      env: { ...process.env, TMPDIR: tmp },
      stdio: 'ignore',
    },
  );
  await until(() => readdirSync(tmp).length > 1);
  killed.kill('SIGKILL');
  await new Promise(resolve => killed.on('close', resolve));
  await rerenderCommand([clip, '--style', 'x', '--no-cache', '--stop-after', 'shots'], { env: { TMPDIR: tmp } });
  expect(readdirSync(tmp)).toEqual(['rerender-notes']);
});

describe.skipIf(!canMount)('a full disk', () => {
  const disk = canMount ? smallDisk(place('disk'), 96 * 1024) : '';

  test('under the work folder: folder and bytes are told, and with room the run goes on', async () => {
    const filler = join(disk, 'filler');
    writeFileSync(filler, new Uint8Array(80 * 1024));
    const given = [clip, ...DRAWING, '--work-dir', join(disk, 'work'), '-o', place('full.mp4')];
    const { code, stderr } = await rerenderCommand(given);
    expect(stderr).toMatch(/no room left in .*disk.*work.*are needed/);
    expect(stderr).not.toMatch(/unexpected error/);
    expect(code).toBe(1);
    expect(existsSync(place('full.mp4'))).toBe(false);
    expect(filesBelow(join(disk, 'work')).filter(file => /\.part|leases/.test(file))).toEqual([]);
  });
});

test('a clip touched in its times alone counts as changed: nobody can tell what was read', async () => {
  const input = place('touched.mp4');
  copyFileSync(clip, input);
  const run = started(args('touched', place('touched-out.mp4')).map(arg => (arg === clip ? input : arg)));
  await until(() => partsOf('touched', 'survey').length > 0);
  utimesSync(input, new Date(0), new Date(0));
  expect(await run.ended).toBe(4);
});
