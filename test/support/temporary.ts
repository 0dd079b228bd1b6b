// A folder of its own for each test file, removed at the end.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

export const temporaryFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'rerender-test-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};
