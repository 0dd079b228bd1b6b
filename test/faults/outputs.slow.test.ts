// Every output goes through one door: it refuses, writes whole, and leaves what is not its own.
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { isAbandoned, OWNER } from '../../media/owner.ts';
import { openPictureSequence } from '../../media/picture-sequence.ts';
import { openWhole, writeWhole } from '../../media/whole-file.ts';
import { openPreviews } from '../../pipeline/jobs/previews.ts';
import { defaultOutput } from '../../pipeline/session/output.ts';
import { canMount, smallDisk } from '../support/faults.ts';
import { temporaryFolder } from '../support/temporary.ts';

const root = temporaryFolder();
let folder = root;
let place = '';
let count = 0;
beforeEach(() => {
  folder = join(root, String(count++));
  mkdirSync(folder);
  place = join(folder, 'out.txt');
});

const grey = (value: number) => ({ width: 8, height: 8, data: new Uint8Array(192).fill(value) });
const text = (path = place) => readFileSync(path, 'utf8');

describe('a whole file', () => {
  const disk = canMount ? smallDisk(join(root, 'disk'), 8192) : '';

  test('is not there until it is committed, and not after it is discarded', async () => {
    const file = await openWhole(place, { overwrite: false });
    writeFileSync(file.path, 'whole');
    expect(existsSync(place)).toBe(false);
    await file.commit();
    expect(text()).toBe('whole');
    const other = await openWhole(join(folder, 'no.txt'), { overwrite: false });
    await other.discard();
    expect(readdirSync(folder)).toEqual(['out.txt']);
  });

  test('what stands there is kept without the right to replace it, also when it appeared meanwhile', async () => {
    const file = await openWhole(place, { overwrite: false });
    writeFileSync(file.path, 'mine');
    writeFileSync(place, 'theirs');
    await expect(file.commit()).rejects.toThrow(/appeared meanwhile/);
    await expect(writeWhole(place, 'mine', { overwrite: false })).rejects.toThrow(/exists: give -y/);
    expect(text()).toBe('theirs');
    expect(readdirSync(folder)).toEqual(['out.txt']);
  });

  test('the same bytes are no reason to refuse: an interrupted command can be given again', async () => {
    writeFileSync(place, 'same');
    await writeWhole(place, 'same', { overwrite: false });
    expect(text()).toBe('same');
  });

  test('of several writers with -y the last to finish wins, whole', async () => {
    const writers = await Promise.all([1, 2, 3].map(() => openWhole(place, { overwrite: true })));
    expect(new Set(writers.map(w => w.path)).size).toBe(3);
    for (const [i, writer] of writers.entries()) writeFileSync(writer.path, `writer ${i}`);
    for (const writer of writers) await writer.commit();
    expect(text()).toBe('writer 2');
    expect(readdirSync(folder)).toEqual(['out.txt']);
  });

  test('a link as the output keeps its meaning: its target is written and it stays a link', async () => {
    const target = join(folder, 'target.txt');
    for (const before of [undefined, 'old']) {
      if (before) writeFileSync(target, before);
      const link = join(folder, `link-${before}`);
      symlinkSync('target.txt', link);
      await writeWhole(link, `new, was ${before}`, { overwrite: true });
      expect(lstatSync(link).isSymbolicLink()).toBe(true);
      expect(readlinkSync(link)).toBe('target.txt');
      expect(text(target)).toBe(`new, was ${before}`);
    }
  });

  test('a link in the place of a temporary file is nobody: names are taken exclusively', async () => {
    const file = await openWhole(place, { overwrite: true });
    expect(lstatSync(file.path).isFile()).toBe(true);
    expect(basename(file.path).length).toBeLessThan(80);
    await file.discard();
  });

  test('keeps the permissions of what it replaces', async () => {
    writeFileSync(place, 'old');
    chmodSync(place, 0o640);
    await writeWhole(place, 'new', { overwrite: true });
    expect(statSync(place).mode & 0o777).toBe(0o640);
  });

  test('a name as long as the file system takes works', async () => {
    const long = join(folder, `${'n'.repeat(251)}.txt`);
    await writeWhole(long, 'x', { overwrite: false });
    expect(text(long)).toBe('x');
  });

  test('what a killed process left is removed, what a living one writes is not, nor what only looks alike', async () => {
    const [where] = OWNER.split('-');
    const dead = spawnSync(process.execPath, ['-e', '0']).pid;
    const alive = basename((await openWhole(place, { overwrite: true })).path);
    const names = [`.rerender-${where}-${dead}-123-0.part.mp4`, `.rerender-00000000-1-1-0.part.mp4`, '.rerender-notes.part.mp4'];
    for (const name of names) writeFileSync(join(folder, name), '');
    await (await openWhole(join(folder, 'other'), { overwrite: true })).discard();
    expect(readdirSync(folder).sort()).toEqual([alive, ...names.slice(1)].sort());
    const old = new Date(Date.now() - 2 * 86_400_000);
    utimesSync(join(folder, names[1]!), old, old); // another machine's, untouched for two days
    await (await openWhole(join(folder, 'other'), { overwrite: true })).discard();
    expect(readdirSync(folder).sort()).toEqual([alive, names[2]!].sort());
  });

  test('a process that took the number of a dead one is not taken for it', () => {
    expect(isAbandoned(OWNER, Date.now(), 0)).toBe(false);
    const [where, pid, start] = OWNER.split('-');
    if (start !== '0') expect(isAbandoned(`${where}-${pid}-${Number(start) + 1}`, Date.now(), 1e9)).toBe(true);
  });

  test.skipIf(!canMount)('a full disk is told with folder and bytes, and leaves nothing', async () => {
    await expect(writeWhole(join(disk, 'x'), new Uint8Array(50_000), { overwrite: false })).rejects.toMatchObject({
      code: 'DISK_FULL',
      message: expect.stringMatching(/no room left in .*disk: about 50 kB are needed/),
    });
    expect(readdirSync(disk)).toEqual([]);
  });
});

describe('a folder of frames', () => {
  const write = async (out: string, overwrite: boolean, end: 'finish' | 'abort' = 'finish') => {
    const sequence = await openPictureSequence(out, { overwrite });
    for (let index = 0; index < 3; index++) await sequence.write({ ...grey(index), index, time: index });
    await sequence[end]();
  };

  test('appears whole or not at all', async () => {
    await write(join(folder, 'frames'), false, 'abort');
    expect(readdirSync(folder)).toEqual([]);
    await write(join(folder, 'frames'), false);
    expect(readdirSync(join(folder, 'frames'))).toEqual(['frame-000000.png', 'frame-000001.png', 'frame-000002.png']);
    expect(readdirSync(folder)).toEqual(['frames']);
  });

  test('that holds something is refused; with -y what is not its own stays', async () => {
    mkdirSync(join(folder, 'frames'));
    writeFileSync(join(folder, 'frames', 'notes.txt'), 'keep');
    await expect(write(join(folder, 'frames'), false)).rejects.toThrow(/not empty: give -y/);
    await write(join(folder, 'frames'), true);
    expect(readdirSync(join(folder, 'frames'))).toContain('notes.txt');
    expect(readdirSync(join(folder, 'frames')).length).toBe(4);
  });
});

describe('previews', () => {
  test('of a finished run stay without -y; those of an interrupted one are found and gone on with', async () => {
    const first = await openPreviews(folder, { overwrite: false });
    await first.keyframe(0, async () => grey(7));
    const again = await openPreviews(folder, { overwrite: false }); // the first was killed before its sheet
    await again.keyframe(0, async () => grey(7));
    await again.keyframe(10, async () => grey(8));
    await again.finish();
    await expect(openPreviews(folder, { overwrite: false })).rejects.toThrow(/holds key frames already: give -y/);
    const replaced = await openPreviews(folder, { overwrite: true });
    await replaced.keyframe(0, async () => grey(9));
    await replaced.finish();
  });

  test("a user's picture of the same name stays", async () => {
    writeFileSync(join(folder, 'keyframe-000000.png'), 'painted by hand');
    const previews = await openPreviews(folder, { overwrite: false });
    await expect(previews.keyframe(0, async () => grey(1))).rejects.toThrow(/exists: give -y/);
    expect(text(join(folder, 'keyframe-000000.png'))).toBe('painted by hand');
  });
});

test('the name of a result is shortened where the name of its input leaves no room', () => {
  for (const name of [`${'é'.repeat(125)}.mov`, `${'n'.repeat(250)}.mp4`, `${'字'.repeat(83)}.webm`]) {
    const output = basename(defaultOutput(join(folder, name)));
    expect(Buffer.byteLength(output)).toBeLessThanOrEqual(255);
    expect(output).toMatch(/\.rerender\.(mov|mp4|webm)$/);
    expect(output).not.toContain('\ufffd');
  }
});
