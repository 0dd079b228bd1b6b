// The language of the house: lines end within 140 columns, and exported names say what they hold (CONTRIBUTING.md, "Words").
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { packageRoot } from '../config/paths.ts';

const COLUMNS = 140;
const FORBIDDEN = ['told', 'kept', 'known', 'given', 'own', 'seen', 'worth'];
const PRODUCT = ['cli', 'config', 'pipeline', 'stages', 'models', 'media', 'kernels'];

/** Long lines that are one expected text or one regular expression, by file: they cannot be broken. */
const UNBREAKABLE: Readonly<Record<string, number>> = {
  'test/cli/adapters.slow.test.ts': 1,
  'test/cli/generate.test.ts': 1,
  'test/models/onnx.test.ts': 2,
};

const tracked = (...endings: string[]): string[] =>
  execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: packageRoot, encoding: 'utf8' })
    .split('\n')
    .filter(file => endings.some(ending => file.endsWith(ending)) && existsSync(join(packageRoot, file)));

const linesOf = (file: string): string[] => readFileSync(join(packageRoot, file), 'utf8').split('\n');

/** The lines of a Markdown file that can be wrapped: rows of tables and commands cannot. */
const prose = (lines: readonly string[]): string[] => {
  let code = false;
  return lines.filter(line => {
    if (line.startsWith('```')) code = !code;
    return !code && !line.startsWith('|');
  });
};

const longLines = (file: string): number => {
  const lines = linesOf(file);
  return (file.endsWith('.md') ? prose(lines) : lines).filter(line => line.length > COLUMNS).length;
};

const words = (name: string): string[] => name.split(/(?=[A-Z])|_/).map(word => word.toLowerCase());

test('lines of code and prose end within 140 columns', () => {
  const files = tracked('.ts', '.mjs', '.py', '.md').filter(file => file !== 'CHANGELOG.md' && !file.startsWith('test/oracles/'));
  expect(files.length).toBeGreaterThan(500);
  const tooLong = files.filter(file => longLines(file) > (UNBREAKABLE[file] ?? 0));
  expect(tooLong).toEqual([]);
});

test('exported names of the product say what they hold', () => {
  const files = tracked('.ts').filter(file => PRODUCT.includes(file.split('/')[0]!));
  expect(files.length).toBeGreaterThan(300);
  const names = files.flatMap(file =>
    linesOf(file).flatMap(line => {
      const [, name] = /^export (?:async |abstract )*(?:type|interface|class|const|let|function|enum) (\w+)/.exec(line) ?? [];
      return name === undefined ? [] : [{ file, name }];
    }),
  );
  expect(names.length).toBeGreaterThan(1000);
  const wrong = names.filter(({ name }) => words(name).some(word => FORBIDDEN.includes(word)));
  expect(wrong).toEqual([]);
});
