// The store of a cluster in a folder, and the units of a plan.
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { leastSeconds, pretendedJob } from '../../cluster/bench/plan.ts';
import { absenceOf } from '../../cluster/follow.ts';
import { openFolderStore } from '../../cluster/store/folder-store.ts';
import { openStore } from '../../cluster/store/open-store.ts';
import { patientStore } from '../../cluster/store/patience.ts';
import { StoreError } from '../../cluster/store/store.ts';
import { planOf, ticketOf } from '../../cluster/ticket.ts';
import { unitsOf } from '../../cluster/units.ts';
import { CLUSTER_VERSION } from '../../cluster/version.ts';
import { paceOf } from '../../cluster/worker/pace.ts';
import { packageRoot } from '../../config/paths.ts';
import { openSession } from '../../pipeline/index.ts';
import { rerenderCommand } from '../support/cli.ts';
import { exampleClip } from '../support/example.ts';
import { type S3Server, startS3 } from '../support/s3.ts';
import { temporaryFolder } from '../support/temporary.ts';

const folder = temporaryFolder();
const made = (name: string): string => {
  const path = join(folder, name);
  mkdirSync(path);
  return path;
};
const KEY = `keyframe-${'a'.repeat(40)}`;
const BYTES = Buffer.from('drawn');

test('all who open a folder at once have one store; parts and files appear whole under their keys', async () => {
  const place = made('shared');
  const stores = await Promise.all(Array.from({ length: 8 }, () => openFolderStore(place)));
  expect(new Set(stores.map(({ id }) => id)).size).toBe(1);
  await Promise.all(stores.map(({ parts }) => parts.put(KEY, BYTES)));
  const [one] = stores;
  expect(Buffer.from((await one!.parts.get(KEY))!)).toEqual(BYTES);
  const file = join(folder, 'clip.bin');
  writeFileSync(file, BYTES);
  await Promise.all(stores.map(store => store.putFile('clip-1', file)));
  expect(readdirSync(join(place, 'files'))).toEqual(['clip-1']);
  expect(await one!.getFile('clip-1', join(folder, 'back.bin'))).toBe(true);
  expect(readFileSync(join(folder, 'back.bin'))).toEqual(BYTES);
  expect(await one!.getFile('clip-2', join(folder, 'none.bin'))).toBe(false);
  await one!.removeFile('clip-1');
  expect(await one!.hasFile('clip-1')).toBe(false);
});

test('a drive that is gone is no empty store, and is waited for', async () => {
  const place = made('mounted');
  const store = await openFolderStore(place);
  await store.parts.put(KEY, BYTES);
  renameSync(place, `${place}-away`);
  mkdirSync(place); // what is left where nothing is mounted
  await expect(store.parts.has(KEY)).rejects.toThrow(StoreError);
  await expect(store.parts.get(KEY)).rejects.toThrow('its drive is gone');
  await expect(store.parts.put(KEY, BYTES)).rejects.toThrow(StoreError);
  expect(readdirSync(place)).toEqual([]);
  const said: string[] = [];
  const { signal } = new AbortController();
  const patient = patientStore(store, { tell: message => said.push(message), signal });
  const waiting = patient.parts.has(KEY);
  await new Promise(wake => setTimeout(wake, 400));
  renameSync(place, `${place}-empty`);
  renameSync(`${place}-away`, place);
  expect(await waiting).toBe(true);
  expect(said).toEqual([expect.stringContaining('it is asked again'), `the store ${place} answers again`]);
  const hasty = patientStore(await openFolderStore(place), { tell: () => undefined, signal, patience: 0 });
  renameSync(place, `${place}-gone`);
  await expect(hasty.parts.has(KEY)).rejects.toThrow(StoreError);
});

let server: S3Server;
beforeAll(async () => {
  server = await startS3(made('s3'));
  Object.assign(process.env, server.env);
});
afterAll(() => {
  server.stop();
  for (const name of Object.keys(server.env)) delete process.env[name];
});

test('a bucket is a store, too: parts with their digests, files of any size in parts, and the same errors in words', async () => {
  const address = `s3://${server.bucket}/films`;
  const store = await openStore(address);
  const other = await openStore(`${address}/`);
  expect(other.id).toBe(store.id);
  expect(await store.parts.get(KEY)).toBeUndefined();
  expect(await store.parts.has(KEY)).toBe(false);
  await store.parts.put(KEY, BYTES);
  await other.parts.put(KEY, BYTES);
  expect(Buffer.from((await other.parts.get(KEY))!)).toEqual(BYTES);
  const checkpoint = `checkpoint-${'b'.repeat(40)}`;
  for (const step of ['1', '2']) await store.parts.put(checkpoint, Buffer.from(step));
  expect(Buffer.from((await store.parts.get(checkpoint))!).toString()).toBe('2');
  const large = Buffer.alloc(65 * 2 ** 20, 'film');
  const [file, back] = [join(folder, 'large.bin'), join(folder, 'large-back.bin')];
  writeFileSync(file, large);
  await store.putFile('clip-3', file);
  expect(await other.getFile('clip-3', back)).toBe(true);
  expect(readFileSync(back).equals(large)).toBe(true);
  expect(await other.getFile('clip-4', back)).toBe(false);
  await store.parts.remove(KEY);
  expect(await other.parts.has(KEY)).toBe(false);
  await expect(openStore('s3://nobody/films')).rejects.toThrow('the store s3://nobody/films cannot be used: there is no such bucket');
  await expect(openStore('s3://')).rejects.toThrow('write s3://BUCKET/PREFIX');
});

test('a folder of other things, one that is not there and other addresses are no stores', async () => {
  const other = made('other');
  writeFileSync(join(other, 'diary.txt'), '');
  await expect(openStore(other)).rejects.toThrow('it holds other files and is no store');
  await expect(openStore(join(folder, 'nowhere'))).rejects.toThrow('there is no such folder');
  await expect(openStore('ftp://bucket/prefix')).rejects.toThrow('or s3://BUCKET/PREFIX');
  expect(readdirSync(other)).toEqual(['diary.txt']);
});

test('the progress of key frames counts what is drawn on the way, too', async () => {
  const clip = { input: exampleClip(), style: 'an oil painting', size: 64, steps: 5, interval: 4, frames: [0, 4] } as const;
  const session = await openSession({ ...clip, cache: false });
  try {
    const drawn = async (secondStyle: string) =>
      unitsOf(await session.plan({ secondStyle, firstAgain: 0, secondAgain: 0 })).filter(({ stage }) => stage === 'keyframes');
    expect((await drawn('')).map(({ size, wanted }) => [size, wanted.length])).toEqual([[5 + 5, 2]]);
    expect((await drawn('film noir')).map(({ size, wanted }) => [size, wanted.length])).toEqual([[2 * (5 + 5), 2]]);
  } finally {
    await session.close();
  }
});

test('a shot is one unit, an interval waits for its own two key frames; the same job has the same name', () => {
  const pretence = { shots: 3, intervals: 2, keyframe: 2, interval: 1 };
  const { ticket, keys } = pretendedJob(pretence, 'clip');
  const units = unitsOf(planOf(ticket));
  const drawn = units.filter(({ stage }) => stage === 'keyframes');
  const carried = units.filter(({ stage }) => stage === 'propagate');
  expect(drawn.map(({ title }) => title)).toEqual(['key frames 0-20', 'key frames 21-41', 'key frames 42-62']);
  expect(drawn.map(unit => unit.keys.length)).toEqual([3, 3, 3]);
  expect(carried.map(({ needs }) => needs)).toEqual(drawn.flatMap(unit => [unit.keys.slice(0, 2), unit.keys.slice(1)]));
  expect(new Set(units.map(({ id }) => id)).size).toBe(3 + 6);
  expect(pretendedJob(pretence, 'clip').keys).toEqual(keys);
  expect(pretendedJob(pretence, 'other').keys.job).not.toBe(keys.job);
  // What is only about this machine leaves the job's name as it is.
  const planned = planOf(ticket);
  const jobOf = (output: string, options: object) =>
    ticketOf({ ...planned, options: { ...planned.options, ...options } }, { path: 'clip', digest: '' }, output, {}).keys.job;
  expect(jobOf('b.mp4', { overwrite: true, workDir: 'there' })).toBe(jobOf('a.mp4', {}));
  expect(jobOf('a.mkv', {})).not.toBe(jobOf('a.mp4', {}));
});

test('the least time of a job is bounded by its chains: one long shot gains nothing from more workers', () => {
  const long = { shots: 1, intervals: 64, keyframe: 2, interval: 1 };
  expect(leastSeconds(long, 1)).toBe(131);
  expect(leastSeconds(long, 16)).toBe(131);
  const many = { shots: 8, intervals: 8, keyframe: 2, interval: 1 };
  expect([1, 2, 4, 8, 16].map(workers => leastSeconds(many, workers))).toEqual([145, 73, 37, 19, 19]);
});

test('a job that nobody takes is told what is missing: workers, workers of its version, its kind of device', () => {
  const worker = { id: 'a', version: CLUSTER_VERSION, device: 'cpu', resources: { inference: 1, cpu: 1 }, running: [], silent: 1 };
  expect(absenceOf([worker], 'cpu')).toBeUndefined();
  expect(absenceOf([], 'cpu')).toContain('no worker is there');
  expect(absenceOf([{ ...worker, silent: 3600 }], 'cpu')).toContain('no worker is there');
  expect(absenceOf([{ ...worker, version: '0.0.0+1' }], 'cpu')).toContain('workers have other versions (0.0.0+1; this is ');
  expect(absenceOf([worker], 'cuda')).toContain('no worker draws on cuda');
  expect(absenceOf([{ ...worker, device: null }], 'cpu')).toContain('no worker draws on cpu');
});

test('the cluster of the examples is one that compose and this program read', async () => {
  type Service = { readonly command?: readonly string[]; readonly environment: Record<string, string>; readonly depends_on?: object };
  const text = readFileSync(join(packageRoot, 'examples', 'cluster', 'compose.yaml'), 'utf8');
  const { services, volumes } = parse(text, { merge: true }) as { services: Record<string, Service>; volumes: object };
  expect(Object.keys(services)).toEqual(['database', 'worker-1', 'worker-2', 'submit']);
  expect(Object.keys(volumes)).toEqual(['database', 'store']);
  for (const name of ['worker-1', 'worker-2']) {
    const { command = [], environment, depends_on } = services[name]!;
    expect(Object.keys(depends_on!)).toEqual(['database']);
    expect(Object.keys(environment)).toEqual(['RERENDER_DATABASE_URL', 'PGPASSWORD', 'RERENDER_STORE']);
    expect(environment.RERENDER_DATABASE_URL).not.toMatch(/:[^/@]*@/); // no password in it
    const { code, stderr } = await rerenderCommand([...command, '--database-url', 'postgres://127.0.0.1:1/x', '--store', folder]);
    expect([code, stderr]).toEqual([1, expect.stringContaining('nothing listens there')]); // the flags are read
  }
});

test('workers look into a queue as often together as one would, within what one may wait', () => {
  expect([1, 4, 8, 40, 80, 400].map(paceOf)).toEqual([50, 50, 100, 500, 1000, 1000]);
});
