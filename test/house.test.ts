// The shape of the house: small files, small functions, imports that go one way (CONTRIBUTING.md).
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, test } from 'vitest';
import { packageRoot } from '../config/paths.ts';

const LINES = 200; // of a file of pipeline/
const FUNCTION = 60; // lines of one function there

const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', 'pipeline'], {
  cwd: packageRoot,
  encoding: 'utf8',
})
  .split('\n')
  .filter(file => file.endsWith('.ts'));

const linesOf = (file: string): string[] => readFileSync(join(packageRoot, file), 'utf8').trimEnd().split('\n');

const indentOf = (line: string): number => line.length - line.trimStart().length;

/** Functions with a body of several lines: as the code is formatted, one ends where a line of its indentation begins with a brace. */
const functionsOf = (file: string): { readonly place: string; readonly length: number }[] => {
  const lines = linesOf(file);
  return lines.flatMap((line, i) => {
    if (!/(=> \{|^\s*(async )?function.*\{|^\s*(async )?\w+\(.*\) \{)$/.test(line)) return [];
    const end = lines.findIndex((other, j) => j > i && indentOf(other) <= indentOf(line) && other.trimStart().startsWith('}'));
    return [{ place: `${file}:${i + 1}`, length: end - i + 1 }];
  });
};

const importsOf = (file: string): string[] =>
  [...readFileSync(join(packageRoot, file), 'utf8').matchAll(/(?:from|import) '(\.[^']+)'/g)]
    .map(([, path]) => normalize(join(dirname(file), path!)))
    .filter(path => files.includes(path));

test('no file of the pipeline is longer than a few screens, no function than one', () => {
  expect(files.length).toBeGreaterThan(60);
  expect(files.filter(file => linesOf(file).length > LINES)).toEqual([]);
  const functions = files.flatMap(functionsOf);
  expect(functions.length).toBeGreaterThan(150);
  expect(functions.filter(({ length }) => length > FUNCTION)).toEqual([]);
});

test('no file of the pipeline imports itself by way of others', () => {
  const circles: string[] = [];
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) circles.push([...path.slice(path.indexOf(file)), file].join(' -> '));
    if (path.includes(file) || done.has(file)) return;
    for (const other of importsOf(file)) visit(other, [...path, file]);
    done.add(file);
  };
  for (const file of files) visit(file, []);
  expect(circles).toEqual([]);
});

test('the graph knows nothing of video: it imports only what lies in it, config and files', () => {
  const wrong = files
    .filter(file => file.startsWith('pipeline/graph/'))
    .flatMap(file =>
      importsOf(file)
        .filter(other => !other.startsWith('pipeline/graph/'))
        .map(other => `${file} -> ${other}`),
    );
  expect(wrong).toEqual([]);
});

/** Rooms from the top down: each imports those below it alone. */
const ROOMS = ['jobs', 'session', 'strategies', 'steps', 'graph'];

test('rooms of the pipeline import downwards', () => {
  const roomOf = (file: string): string =>
    file.split('/').length > 2 ? file.split('/')[1]! : file === 'pipeline/session.ts' ? 'session' : '';
  const wrong = files.flatMap(file => {
    const from = ROOMS.indexOf(roomOf(file));
    return importsOf(file).flatMap(other => {
      const to = ROOMS.indexOf(roomOf(other));
      return from >= 0 && to >= 0 && to < from ? [`${file} -> ${other}`] : [];
    });
  });
  expect(wrong).toEqual([]);
});

test('what one machine does loads nothing of what many need', () => {
  const sources = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', 'cli', 'preview', 'pipeline'], {
    cwd: packageRoot,
    encoding: 'utf8',
  });
  const typescript = sources.split('\n').filter(file => /\.tsx?$/.test(file));
  const loads = /^(import|export) (?!type )[^;]*from '[^']*(\/cluster\/|^pg$|@dbos-inc)[^']*'/m;
  expect(typescript.length).toBeGreaterThan(150);
  expect(typescript.filter(file => loads.test(readFileSync(join(packageRoot, file), 'utf8')))).toEqual([]);
});
