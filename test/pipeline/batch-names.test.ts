// Which clips words stand for, and where their results go.
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { filesMatching } from '../../pipeline/jobs/batch/glob.ts';
import { findInputs, namesSeveral } from '../../pipeline/jobs/batch/inputs.ts';
import { outputsFor } from '../../pipeline/jobs/batch/names.ts';
import { temporaryFolder } from '../support/temporary.ts';

const folder = temporaryFolder();
const at = (...parts: string[]): string => join(folder, ...parts);
const FILES = 'a/clip.mp4 a/clip2.mov a/clip10.MP4 a/clip.rerender.mp4 a/.hidden.mp4 a/notes.txt a/deep/er/x.webm b/clip.mp4 [1].mp4';
const warnings: string[] = [];
const found = (words: string[], recursive = false, output?: string): Promise<string[]> =>
  findInputs(words, { recursive, output, warn: message => warnings.push(message) });
const names = (paths: readonly string[]): string[] => paths.map(path => path.slice(folder.length + 1).replaceAll('\\', '/'));

beforeAll(() => {
  for (const file of FILES.split(' ')) {
    mkdirSync(join(at(file), '..'), { recursive: true });
    writeFileSync(at(file), 'x');
  }
  mkdirSync(at('empty'));
});

describe('clips', () => {
  test('of a folder: its videos, in the order of their names; no hidden ones, no results, no other files', async () => {
    expect(names(await found([at('a')]))).toEqual(['a/clip.mp4', 'a/clip2.mov', 'a/clip10.MP4']);
  });

  test('of folders in it only where that is asked; never of the folder that the results go to', async () => {
    expect(names(await found([at('a')], true))).toEqual(['a/clip.mp4', 'a/clip2.mov', 'a/clip10.MP4', 'a/deep/er/x.webm']);
    expect(names(await found([at('a')], true, at('a', 'deep')))).toEqual(['a/clip.mp4', 'a/clip2.mov', 'a/clip10.MP4']);
  });

  test.each<[string, string[]]>([
    ['a/*.mp4', ['a/clip.mp4', 'a/clip.rerender.mp4']],
    ['a/clip?.mov', ['a/clip2.mov']],
    ['a/clip[0-9].*', ['a/clip2.mov']],
    ['a/clip[!0-9]*', ['a/clip.mp4', 'a/clip.rerender.mp4']],
    ['{a,b}/clip.mp4', ['a/clip.mp4', 'b/clip.mp4']],
    ['**/*.webm', ['a/deep/er/x.webm']],
    ['*/deep/**/x.*', ['a/deep/er/x.webm']],
    ['a/.h*', ['a/.hidden.mp4']],
    ['a/*{', []],
    ['a/[', []],
    ['empty/*', []],
    ['*', ['[1].mp4']],
  ])('of the pattern %s', async (pattern, expected) => {
    const matching = await filesMatching(join(folder, pattern));
    const unix = process.platform === 'win32' || process.platform === 'darwin' ? matching.filter(path => !/MP4$/.test(path)) : matching;
    expect(names(unix).sort()).toEqual(expected);
  });

  test('are each taken once; a file with the name of a pattern is meant itself', async () => {
    symlinkSync(at('b', 'clip.mp4'), at('b', 'link.mp4'));
    expect(names(await found([at('b'), at('b', '*.mp4'), at('b', 'clip.mp4')]))).toEqual(['b/clip.mp4']);
    expect(await namesSeveral([at('[1].mp4')])).toBe(false);
    expect(names(await found([at('[1].mp4')]))).toEqual(['[1].mp4']);
  });

  test('that are results are left out where they are named beside others, and told', async () => {
    warnings.length = 0;
    const both = [at('a', 'clip.mp4'), at('a', 'clip.rerender.mp4')];
    expect(names(await found(both))).toEqual(['a/clip.mp4']);
    expect(warnings.join()).toContain('clip.rerender.mp4');
    expect(names(await found(both.slice(1)))).toEqual(['a/clip.rerender.mp4']);
  });

  test('a word that stands for none is told, and refused where all do', async () => {
    warnings.length = 0;
    expect(names(await found([at('empty'), at('b', 'clip.mp4')]))).toEqual(['b/clip.mp4']);
    expect(warnings.join()).toMatch(/empty holds no video \(folders in it are looked into with --recursive\)/);
    await expect(found([at('empty'), at('*.xyz')])).rejects.toThrow(/^No clip to re-render: the folder .*empty.*; no file matches .*xyz/);
    await expect(found([at('empty')])).rejects.toMatchObject({ exitCode: 4 });
  });

  test.each<[string[], boolean]>([
    [['clip.mp4'], false],
    [['https://host/a?b.mp4'], false],
    [['*.mp4'], true],
    [['a.mp4', 'b.mp4'], true],
    [[folder], true],
  ])('%j means several: %s', async (words, several) => {
    expect(await namesSeveral(words)).toBe(several);
  });
});

describe('results', () => {
  const results = async (inputs: string[], into?: string) =>
    names(
      await outputsFor(
        inputs.map(path => at(path)),
        into === undefined ? undefined : at(into),
      ),
    );

  test.each<[string, string[], string | undefined, string[]]>([
    ['in a folder keep their names', ['a/x.mov', 'a/y.avi'], 'out', ['out/x.mov', 'out/y.mp4']],
    ['of one name in two folders get their folders', ['a/x.mp4', 'b/x.mp4', 'a/y.mp4'], 'out', ['out/a-x.mp4', 'out/b-x.mp4', 'out/y.mp4']],
    ['of two endings that become one get their endings', ['a/x.avi', 'a/x.mp4'], 'out', ['out/x-avi.mp4', 'out/x-mp4.mp4']],
    ['that differ in case alone are told apart', ['a/Clip.mp4', 'b/clip.mp4'], 'out', ['out/a-Clip.mp4', 'out/b-clip.mp4']],
    ['beside their clips say what they are', ['a/x.mov', 'b/x.mov'], undefined, ['a/x.rerender.mov', 'b/x.rerender.mov']],
    ['beside their clips, two of one name', ['a/x.avi', 'a/x.mp4'], undefined, ['a/x-avi.rerender.mp4', 'a/x-mp4.rerender.mp4']],
    ['in the folder of the clips never take a clip', ['a/x.mp4'], 'a', ['a/x.rerender.mp4']],
    [
      'with the name that another was given',
      ['a/x.mp4', 'b/x.mp4', 'c/a-x.mp4'],
      'out',
      ['out/a-x-mp4.mp4', 'out/b-x.mp4', 'out/c-a-x.mp4'],
    ],
  ])('%s', async (_, inputs, into, expected) => {
    const got = await results(inputs, into);
    expect(new Set(got.map(name => name.toLowerCase())).size).toBe(got.length);
    if (!_.startsWith('with the name')) expect(got).toEqual(expected);
  });

  test('never collide, whatever the clips are called, and do not depend on their order', async () => {
    const name = fc.constantFrom('x', 'X', 'ﬁ', 'fi', 'é', 'e\u0301', 'a-x', 'x-mp4', 'x.rerender', 'n'.repeat(250));
    const clip = fc.tuple(fc.constantFrom('a', 'b', 'a/b', 'c/b', 'out'), name, fc.constantFrom('.mp4', '.mov', '.avi', '.MP4', ''));
    const clips = fc.uniqueArray(
      clip.map(([home, stem, ending]) => `${home}/${stem}${ending}`),
      { minLength: 1, maxLength: 12 },
    );
    await fc.assert(
      fc.asyncProperty(clips, fc.constantFrom('out', undefined), async (inputs, into) => {
        const got = await results(inputs, into);
        const folded = got.map(path => path.normalize('NFKC').toLowerCase());
        expect(new Set(folded).size).toBe(got.length);
        expect(got.filter(path => inputs.includes(path))).toEqual([]);
        for (const path of got) expect(Buffer.byteLength(path.split('/').at(-1)!)).toBeLessThanOrEqual(255);
        const reversed = await results([...inputs].reverse(), into);
        expect(reversed.reverse()).toEqual(got);
      }),
      { numRuns: 200 },
    );
  });
});
