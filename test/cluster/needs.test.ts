// What a job needs beside its clip: paths in options, files by content, into the store and out of it again.
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { bringNeeds } from '../../cluster/needs/bring.ts';
import { openFetched } from '../../cluster/needs/fetched.ts';
import { fileKey, type Need, needsOf } from '../../cluster/needs/needs.ts';
import { mapPaths, wholePaths } from '../../cluster/needs/paths.ts';
import { uploadNeeds } from '../../cluster/needs/upload.ts';
import { openFolderStore } from '../../cluster/store/folder-store.ts';
import { type SharedStore, StoreError } from '../../cluster/store/store.ts';
import { settle } from '../../config/layers.ts';
import type { Options } from '../../config/options.ts';
import { temporaryFolder } from '../support/temporary.ts';

const folder = temporaryFolder();
const { signal } = new AbortController();
const at = (...names: string[]): string => join(folder, ...names);
const optionsWith = (values: object): Options => ({ ...settle([]).options, ...values });

let store: SharedStore;
let options: Options;
let needs: Need[];
const WEIGHTS = at('model', 'unet', 'a.safetensors');
const clip = { key: `clip-${'c'.repeat(40)}`, path: at('clip.mp4'), digest: 'c'.repeat(64), bytes: 4 };
const steps: string[] = [];
const clock = {
  start: (stage: string) => void steps.push(`${stage} begins`),
  progress: (_: string, done: number, total: number, unit: string) => void steps.push(`${done}/${total} ${unit}`),
  done: (stage: string) => void steps.push(`${stage} ends`),
};
const upload = (models: boolean) => uploadNeeds(clip, needs, options, { store, clock, models, signal });
const bring = (limit = 1e9, where = 'fetched') => {
  const said: string[] = [];
  const bringing = { store, fetched: { folder: at(where), limit }, tell: (message: string) => void said.push(message), signal };
  return { said, brought: bringNeeds(options, needs, bringing) };
};

beforeAll(async () => {
  for (const name of ['store', 'model', 'model/unet', 'model/.git', 'pictures', 'blobs']) mkdirSync(at(...name.split('/')));
  writeFileSync(at('blobs', 'x'), Buffer.alloc(3e6, 'weights'));
  symlinkSync(at('blobs', 'x'), WEIGHTS); // as in the hub's cache
  writeFileSync(at('model', 'unet', 'config.json'), '{}');
  writeFileSync(at('model', 'unet', 'a.fp16.safetensors'), 'a form that is not read');
  writeFileSync(at('model', '.git', 'huge.bin'), '');
  writeFileSync(at('ink.safetensors'), 'lora');
  writeFileSync(at('pictures', '1.png'), 'one');
  writeFileSync(at('pictures', 'film.mov'), 'no picture');
  writeFileSync(at('clip.mp4'), 'film');
  store = await openFolderStore(at('store'));
  options = optionsWith({
    model: at('model'),
    lora: [`${at('ink.safetensors')}:0.5`],
    control: [`depth:0.5,images=${at('pictures')}`],
    keyframe: [`0:01.5=${at('pictures', '1.png')}`],
  });
  needs = await needsOf(options, [WEIGHTS]);
});

test('every path in options is mapped, and nothing around it', async () => {
  const values = {
    model: 'm',
    vae: undefined,
    lora: ['ink.safetensors:0.5', 'C:\\styles\\ink.safetensors'],
    embedding: ['t.pt:<ink>'],
    control: ['tile', 'hed=net,scale=0.5,annotator=hed.pth,steps=0-0.5', 'depth=net=x:0.7,images=a,b=c'],
    keyframe: ['10=a=b.png', '0:01=c.png'],
    anchorImage: 'tile',
  };
  const seen: string[] = [];
  const mapped = await mapPaths(optionsWith(values), async ({ path, kind }) => {
    seen.push(`${kind} ${path}`);
    return `<${path}>`;
  });
  expect(mapped).toMatchObject({
    model: '<m>',
    lora: ['<ink.safetensors>:0.5', '<C:\\styles\\ink.safetensors>'],
    embedding: ['<t.pt>:<ink>'],
    control: ['tile', 'hed=<net>,scale=0.5,annotator=<hed.pth>,steps=0-0.5', 'depth=<net=x>:0.7,images=<a,b=c>'],
    keyframe: ['10=<a=b.png>', '0:01=<c.png>'],
    anchorImage: '<tile>',
  });
  expect(seen).toContain('annotator hed.pth');
  expect(await mapPaths(optionsWith({ control: ['none'] }), async () => 'x')).toMatchObject({ control: ['none'] });
  const whole = await wholePaths(optionsWith({ model: 'owner/name', lora: ['package.json:1'], modelFolders: ['test'] }));
  expect(whole).toMatchObject({ model: 'owner/name', lora: [`${join(process.cwd(), 'package.json')}:1`] });
  expect(whole.modelFolders).toEqual([join(process.cwd(), 'test')]);
});

test('of a model go the weights that are read and what is no weights; of pictures the pictures', () => {
  const files = Object.fromEntries(needs.map(({ kind, path, files }) => [`${kind} ${path}`, files.map(({ name }) => name)]));
  expect(files).toEqual({
    [`model ${at('model')}`]: ['unet/a.safetensors', 'unet/config.json'],
    [`LoRA ${at('ink.safetensors')}`]: [''],
    [`pictures ${at('pictures')}`]: ['1.png'],
    [`pictures ${at('pictures', '1.png')}`]: [''],
  });
});

test('files go once each; a machine with the same content fetches nothing, one without fetches what was sent', async () => {
  await upload(false);
  expect(readdirSync(at('store', 'files')).length).toBe(2); // the clip and a picture
  await upload(true);
  expect(readdirSync(at('store', 'files')).length).toBe(5);
  expect(steps.slice(-3)).toEqual(['3/4 MB', '4/4 MB', 'upload ends']);
  const count = steps.length;
  await upload(true);
  expect(steps.length).toBe(count); // all there
  const here = bring();
  await (await here.brought).close();
  expect([(await here.brought).options.model, here.said]).toEqual([at('model'), []]);

  rmSync(at('blobs', 'x'));
  copyFileSync(at('clip.mp4'), at('ink.safetensors')); // the same name, another content
  const lacking = [bring(), bring()]; // two workers of one machine
  const [one, two] = await Promise.all(lacking.map(({ brought }) => brought));
  expect(two!.options.model).toBe(one!.options.model);
  expect(readFileSync(join(one!.options.model!, 'unet', 'a.safetensors')).equals(Buffer.alloc(3e6, 'weights'))).toBe(true);
  expect(readdirSync(join(one!.options.model!, 'unet')).sort()).toEqual(['a.safetensors', 'config.json']);
  const [lora] = one!.options.lora;
  expect(lora).toMatch(/ink\.safetensors:0\.5$/);
  expect(readFileSync(lora!.slice(0, -4), 'utf8')).toBe('lora');
  expect(one!.options.keyframe).toEqual([`0:01.5=${at('pictures', '1.png')}`]);
  const said = lacking.flatMap(worker => worker.said);
  expect(said.filter(text => text.startsWith('fetching model'))).toEqual([`fetching model from ${at('store')}: 3.0 MB in 2 files`]);

  // Nothing of what is in use goes, whatever the limit; the longest unused goes when something else comes.
  const entries = () => readdirSync(at('fetched')).length;
  expect(entries()).toBe(2);
  const other = { key: `need-${'1'.repeat(40)}`, bytes: 1, fetch: async (to: string) => writeFileSync(join(to, 'x'), 'x') };
  await (await openFetched({ folder: at('fetched'), limit: 1 }, other, signal)).close();
  expect(entries()).toBe(3);
  await Promise.all([one!.close(), two!.close()]);
  await (await openFetched({ folder: at('fetched'), limit: 1 }, { ...other, key: `need-${'2'.repeat(40)}` }, signal)).close();
  expect(entries()).toBe(1);
});

test('what is in no place is told with all places; what is damaged in the store is removed there, and nothing half stays', async () => {
  const model = needs.find(({ kind }) => kind === 'model')!;
  const weights = fileKey(model.files[0]!);
  writeFileSync(at('store', 'files', weights), 'damaged');
  await expect(bring(1e9, 'damaged').brought).rejects.toThrow(StoreError);
  expect(existsSync(at('store', 'files', weights))).toBe(false);
  const missing = bring(1e9, 'damaged').brought;
  await expect(missing).rejects.toMatchObject({ code: 'FILE_MISSING', exitCode: 3 });
  await expect(missing).rejects.toThrow(
    new RegExp(
      `a job needs model/unet/a.safetensors \\(--model\\).*looked at ${at('model')}, .*${weights} in ${at('store')}.*--no-upload-models`,
    ),
  );
  const left = readdirSync(at('damaged'), { recursive: true }).filter(name => /part|fetching|files/.test(String(name)));
  expect(left).toEqual([]);
  const outsider = { ...needs.find(({ kind }) => kind === 'LoRA')!, path: at('nowhere'), name: '../../out' };
  const fetched = { folder: at('escape'), limit: 1e9 };
  const outside = bringNeeds(optionsWith({ lora: [at('nowhere')] }), [outsider], { store, fetched, tell: () => undefined, signal });
  await expect(outside).rejects.toThrow('lies outside');
});
