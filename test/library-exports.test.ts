// The library's four doors: every export says what it is where an editor shows it.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { packageRoot } from '../config/paths.ts';

const DOORS = ['pipeline/index.ts', 'models/index.ts', 'stages/index.ts', 'media/index.ts'];

const isFunction = ({ name }: Exported): boolean => /^[a-z]/.test(name);

type Exported = { readonly name: string; readonly file: string };

/** What a file exports from others, by the names that they have there. */
const exportsOf = (door: string): Exported[] =>
  [...readFileSync(join(packageRoot, door), 'utf8').matchAll(/export (?:type )?\{([^}]*)\} from '([^']+)'/g)].flatMap(([, names, from]) =>
    names!
      .split(',')
      .map(name =>
        name
          .trim()
          .replace(/^type /, '')
          .replace(/ as \w+$/, ''),
      )
      .filter(name => name !== '')
      .map(name => ({ name, file: join(dirname(door), from!) })),
  );

/** The comment above a declaration; undefined where there is none, or no such declaration. */
const docstring = ({ name, file }: Exported): string | undefined => {
  const text = readFileSync(join(packageRoot, file), 'utf8');
  const found = new RegExp(
    `/\\*\\*((?:(?!\\*/)[^])*)\\*/\\s*export (?:async |abstract )*(?:type|interface|class|const|function\\*?) ${name}\\b`,
  );
  return found
    .exec(text)?.[1]
    ?.replace(/[\s*]+/g, ' ')
    .trim();
};

describe.each(DOORS)('%s', door => {
  const all = exportsOf(door);

  test('exports something', () => {
    expect(all.length).toBeGreaterThan(10);
  });

  test(`every ${door === 'pipeline/index.ts' ? 'function' : 'export'} has a docstring of more than a word`, () => {
    const asked = door === 'pipeline/index.ts' ? all.filter(isFunction) : all;
    const silent = asked.filter(each => (docstring(each)?.split(' ').length ?? 0) < 3);
    expect(silent.map(({ name, file }) => `${file}: ${name}`)).toEqual([]);
  });
});

test('docs/library.md names the code of every error', () => {
  const docs = readFileSync(join(packageRoot, 'docs/library.md'), 'utf8');
  const files = execFileSync('git', ['ls-files', 'cli', 'cluster', 'config', 'media', 'models', 'pipeline', 'preview', 'stages'], {
    cwd: packageRoot,
  });
  const codes = String(files)
    .split('\n')
    .filter(file => file.endsWith('.ts'))
    .flatMap(file => [...readFileSync(join(packageRoot, file), 'utf8').matchAll(/(?:super|new \w*Error)\(\s*'([A-Z_]+)'/g)])
    .map(([, code]) => code!);
  expect(codes.length).toBeGreaterThan(50);
  expect(codes.filter(code => !docs.includes(`\`${code}\``))).toEqual([]);
});
