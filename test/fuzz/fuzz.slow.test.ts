// Damaged files of every kind that strangers may write: each is read, or refused by the program's own words, soon.
// `npm run fuzz` is the long form.
import { expect, test } from 'vitest';
import { RerenderError } from '../../config/errors.ts';
import { randomOf } from './random.ts';
import { reportLines, runJobs } from './run.ts';
import { TARGETS } from './targets/all.ts';
import { foreign } from './verdict.ts';

const SEED = 14;

test('no damaged file brings out a foreign error, a hang, a flood of memory or a new file', async () => {
  const jobs = TARGETS.map(({ name, inputs }) => ({ target: name, from: 0, to: inputs }));
  const report = await runJobs(SEED, jobs);
  expect(reportLines(SEED, report).slice(0, -1)).toEqual([]);
  expect(report.inputs).toBe(TARGETS.reduce((sum, { inputs }) => sum + inputs, 0));
}, 400_000);

const own = (cause?: unknown): RerenderError => new RerenderError('X', 'failure', 'cannot be read', { cause });

test('a foreign error is seen, also as a cause or in the words of an own one', () => {
  expect(foreign(own())).toBeUndefined();
  expect(foreign(own(Object.assign(new Error('ENOENT: no such file'), { code: 'ENOENT' })))).toBeUndefined();
  expect(foreign(new Error('ffmpeg did not write NUT'))).toContain('did not write NUT');
  expect(foreign(own(new RangeError('x')))).toContain('cause');
  expect(foreign(own(own(new TypeError('x'))))).toContain('cause');
  expect(foreign(new RerenderError('X', 'failure', 'cannot be read: Maximum call stack size exceeded'))).toContain('masked');
});

test('an input is the same for the same seed, whatever ran before', () => {
  const numbers = (seed: number, target: string, input: number): number[] => {
    const { unit } = randomOf(seed, target, input);
    return [unit(), unit(), unit()];
  };
  expect(numbers(1, 'nut', 7)).toEqual(numbers(1, 'nut', 7));
  expect(new Set([numbers(1, 'nut', 7), numbers(2, 'nut', 7), numbers(1, 'mp4', 7), numbers(1, 'nut', 8)].map(String)).size).toBe(4);
});
