// A clip's shelf that several runs use: what they release goes with the last of them.
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';
import { artifactKey } from '../../pipeline/graph/key.ts';
import { openWorkDir } from '../../pipeline/session/work-dir.ts';
import { filesBelow } from '../support/parts.ts';
import { temporaryFolder } from '../support/temporary.ts';

const options = { workDir: temporaryFolder(), cache: true, cacheLimit: 10 };
const clip = { digest: 'ab'.repeat(32), path: 'clip.mp4' };
const opened = () => openWorkDir(options, clip, message => expect.fail(message));
const keys = [1, 2, 3].map(i => artifactKey('keyframe', 1, { i }));

test.each([2, 3, 8])('%i runs that end at the same moment leave nothing of what each released', async count => {
  const runs = await Promise.all(Array.from({ length: count }, opened));
  for (const { store } of runs) for (const key of keys) await store.put(key, Buffer.from(key));
  for (const { store } of runs) for (const key of keys) await store.release(key);
  expect(await runs[0]!.store.has(keys[0]!)).toBe(true); // others live
  await Promise.all(runs.map(run => run.close()));
  expect(filesBelow(join(options.workDir, 'clips')).map(file => basename(file))).toEqual(['clip.json']);
});

test('what one run released stays for another that goes on', async () => {
  const [ended, going] = [await opened(), await opened()];
  await ended.store.put(keys[0]!, Buffer.from('drawn'));
  await ended.store.release(keys[0]!);
  await ended.close();
  expect(await going.store.get(keys[0]!)).toBeDefined();
  await going.close();
});
