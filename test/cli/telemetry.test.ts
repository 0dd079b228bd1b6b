// onnxruntime's builds write an identifier and report to their maker unless they are told not to.
import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { rerenderCommand } from '../support/cli.ts';
import { temporaryFolder } from '../support/temporary.ts';

test('a command that loads onnxruntime leaves nothing of its maker in the home', async () => {
  const home = temporaryFolder();
  const { code } = await rerenderCommand(['doctor'], { env: { HOME: home, XDG_CACHE_HOME: '', CI: '' } });
  expect(code).toBe(0);
  expect((readdirSync(home, { recursive: true }) as string[]).filter(name => /microsoft|onnxruntime|deviceid/i.test(name))).toEqual([]);
});
