import { cpSync, mkdirSync, readdirSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import { embeddedModel } from '../../../config/paths.ts';
import { readPicture } from '../../../media/picture.ts';
import { snapshotAt } from '../../../models/hub/snapshot.ts';
import { rerenderCommand } from '../../support/cli.ts';
import { exampleClip } from '../../support/example.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const clip = exampleClip();

const folder = temporaryFolder();
let count = 0;

/** A repository as the hub's tools lay it out: files under their digests, links to them in the snapshot. */
const repository = (name = `models--someone--model-${count++}`): string => {
  for (const part of ['blobs', 'refs', 'snapshots']) mkdirSync(join(folder, name, part), { recursive: true });
  return join(folder, name);
};

/** Adds a snapshot of a folder's files, made `age` seconds ago. */
const addSnapshot = (home: string, revision: string, source: string, age = 0): string => {
  const snapshot = join(home, 'snapshots', revision);
  for (const name of readdirSync(source, { recursive: true }) as string[]) {
    if (statSync(join(source, name)).isDirectory()) continue;
    const [blob, link] = [join(home, 'blobs', `${revision}-${name.replaceAll('/', '-')}`), join(snapshot, name)];
    cpSync(join(source, name), blob);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(relative(dirname(link), blob), link);
  }
  const time = Date.now() / 1000 - age;
  utimesSync(snapshot, time, time);
  return snapshot;
};
const setMain = (home: string, revision: string): void => writeFileSync(join(home, 'refs', 'main'), `${revision}\n`);

describe('a folder of the hub cache', () => {
  test('stands for the snapshot of refs/main, also by its snapshots/', async () => {
    const home = repository();
    const main = addSnapshot(home, 'aaa', embeddedModel, 100);
    addSnapshot(home, 'bbb', embeddedModel);
    setMain(home, 'aaa');
    for (const path of [home, `${home}/`, join(home, 'snapshots')]) expect(await snapshotAt(path)).toBe(main);
    expect(await snapshotAt(main)).toBe(main);
  });

  test('without refs/main stands for its newest snapshot', async () => {
    const home = repository();
    addSnapshot(home, 'bbb', embeddedModel, 100);
    const newest = addSnapshot(home, 'aaa', embeddedModel);
    expect(await snapshotAt(home)).toBe(newest);
    setMain(home, 'gone');
    expect(await snapshotAt(home)).toBe(newest);
  });

  test.each<[string, (home: string, snapshot: string) => void]>([
    ['a blob is gone', home => rmSync(join(home, 'blobs', 'new-unet-diffusion_pytorch_model.safetensors'))],
    ['a part is not there yet', (_, snapshot) => rmSync(join(snapshot, 'vae'), { recursive: true })],
    [
      'only the configs are there',
      (_, snapshot) => {
        for (const name of readdirSync(snapshot)) if (name !== 'model_index.json') rmSync(join(snapshot, name), { recursive: true });
      },
    ],
  ])('passes over a snapshot of which %s, for the newest that is complete', async (_, damage) => {
    const home = repository();
    addSnapshot(home, 'older', embeddedModel, 200);
    const whole = addSnapshot(home, 'whole', embeddedModel, 100);
    damage(home, addSnapshot(home, 'new', embeddedModel));
    setMain(home, 'new');
    expect(await snapshotAt(home)).toBe(whole);
  });

  test('of which no snapshot is complete stands for that of refs/main, whose opening tells what it lacks', async () => {
    const home = repository();
    addSnapshot(home, 'bbb', embeddedModel);
    const main = addSnapshot(home, 'aaa', embeddedModel, 100);
    setMain(home, 'aaa');
    for (const name of ['aaa', 'bbb']) rmSync(join(home, 'snapshots', name, 'unet'), { recursive: true });
    expect(await snapshotAt(home)).toBe(main);
    const { code, stderr } = await rerenderCommand(['generate', '-p', 'x', '--model', home, '-o', join(folder, 'x.png')]);
    expect([code, stderr]).toEqual([3, expect.stringContaining('has no unet/config.json')]);
  });

  test('without snapshots is named with what brings it here', async () => {
    await expect(snapshotAt(repository('models--CompVis--sd-v1--4'))).rejects.toThrow('`rerender models get CompVis/sd-v1--4`');
  });

  test('is nothing else: other folders stay as they are', async () => {
    const home = join(folder, 'plain');
    mkdirSync(join(home, 'snapshots', 'x'), { recursive: true });
    for (const path of [home, join(home, 'snapshots'), join(folder, 'nowhere'), 'models--a--b']) expect(await snapshotAt(path)).toBe(path);
  });
});

test('each option takes such a folder, and draws what the snapshot draws', async () => {
  const part = (name: string): string => {
    const home = repository();
    addSnapshot(home, 'abc', join(embeddedModel, name));
    return home;
  };
  const model = repository();
  addSnapshot(model, 'abc', embeddedModel);
  const [vae, canny] = [part('vae'), part('controlnet_canny')];
  const args = (name: string, paths: readonly string[]): string[] => {
    const [m, v, c] = paths;
    const small = ['--size', '64', '--steps', '2', '--frames', '0-0', '--no-cache', '-o', join(folder, name)];
    return ['keyframes', clip, '--style', 'ink', '--model', m!, '--vae', v!, '--control', `canny=${c}`, ...small];
  };
  const plain = [embeddedModel, join(embeddedModel, 'vae'), join(embeddedModel, 'controlnet_canny')];
  const [cached, due] = [await rerenderCommand(args('a', [model, vae, canny])), await rerenderCommand(args('b', plain))];
  expect([cached.code, due.code]).toEqual([0, 0]);
  const pngs = ['a', 'b'].map(name => readdirSync(join(folder, name)).filter(file => file.startsWith('keyframe-')));
  expect(pngs[0]).toEqual(pngs[1]);
  const pixels = await Promise.all(['a', 'b'].map(async (name, i) => (await readPicture(join(folder, name, pngs[i]![0]!))).data));
  expect(pixels[0]).toEqual(pixels[1]);
  const inspected = JSON.parse((await rerenderCommand(['models', 'inspect', model, '--json'])).stdout);
  expect(inspected).toMatchObject({ path: join(model, 'snapshots', 'abc'), missing: [], problems: [] });
});
