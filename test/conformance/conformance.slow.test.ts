import { existsSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { packageRoot } from '../../config/paths.ts';
import { kinds } from './kinds.ts';
import { type Outcome, outcomeLine, tallyLine, walk } from './walk.ts';

const own = join(packageRoot, 'test', 'oracles');
const shared = join(packageRoot, '..', 'shared', 'oracles');

const outcomesOf = async (folder: string): Promise<{ failures: string[]; tally: string; passed: number }> => {
  const outcomes: Outcome[] = [];
  const tally = await walk([folder], kinds, outcome => outcomes.push(outcome));
  const failures = outcomes.filter(({ result }) => 'pass' in result && !result.pass).map(outcomeLine);
  return { failures, tally: tallyLine(tally), passed: tally.passed };
};

test('every case of the project passes', async () => {
  const { failures, tally } = await outcomesOf(own);
  expect(failures).toEqual([]);
  expect(tally).toMatch(/^\d+ passed, 0 failed, 0 skipped$/);
});

describe.skipIf(!existsSync(shared))('the larger set beside the checkout', () => {
  test('every case of a kind that is known passes', { timeout: 600_000 }, async () => {
    const { failures, tally, passed } = await outcomesOf(shared);
    console.log(`../shared/oracles: ${tally}`);
    expect(failures).toEqual([]);
    expect(passed).toBeGreaterThan(0);
  });
});
if (!existsSync(shared)) console.log('skipped: no ../shared/oracles beside this checkout');

describe('a walk', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rerender-cases-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  /** A copy of a case, changed by `edit`. */
  const changed = async (kind: string, name: string, as: string, edit: (json: Record<string, unknown>) => object): Promise<string> => {
    const target = join(folder, as, kind, name);
    await cp(join(own, kind, name), target, { recursive: true });
    const json = JSON.parse(await readFile(join(target, 'case.json'), 'utf8'));
    await writeFile(join(target, 'case.json'), JSON.stringify({ ...json, ...edit(json) }));
    return join(folder, as);
  };

  test('fails a case whose outputs are off', async () => {
    const cases = await changed('freeu-filter', '7x9-02', 'off', () => ({ options: { scale: 0.3 } }));
    const { failures, tally } = await outcomesOf(cases);
    expect(tally).toBe('0 passed, 1 failed, 0 skipped');
    expect(failures[0]).toMatch(/^freeu-filter +7x9-02 .* fail \(y is off\)$/);
  });

  test('skips options and kinds that it does not know, and never passes them', async () => {
    const option = await changed('freeu-filter', '8x8-02', 'option', () => ({ options: { scale: 0.2, window: 'round' } }));
    expect((await outcomesOf(option)).tally).toBe('0 passed, 0 failed, 1 skipped');
    const strange = { 'freeu-filter': undefined as never };
    expect(await walk([join(own, 'freeu-filter')], strange)).toEqual({ passed: 0, failed: 0, skipped: 6 });
  });

  test('fails a damaged file that is accepted, or refused without naming what is wrong', async () => {
    const cases = await changed('bad-files', 'size-mismatch', 'name', () => ({ expect: { action: 'refuse', reason: '', name: 'omega' } }));
    expect((await outcomesOf(cases)).failures[0]).toMatch(/does not name omega/);
  });
});
