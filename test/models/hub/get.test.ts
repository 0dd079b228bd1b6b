// Downloads over HTTP from a hub on this machine: what is chosen, what is asked for, and what happens when it breaks.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { getRepository } from '../../../models/hub/get.ts';
import { cachedModels } from '../../../models/hub/list.ts';
import { cachedSnapshot, type HubSettings, hubSettings } from '../../../models/hub/repository.ts';
import { rerenderCommand } from '../../support/cli.ts';
import { exampleClip } from '../../support/example.ts';
import { temporaryFolder } from '../../support/temporary.ts';
import { tinyXl, writeXlFolder } from '../../support/tiny-xl.ts';
import { COMMIT, type HubServer, startHub } from './hub-server.ts';

const folder = temporaryFolder();
const noise = (size: number, seed: number): Buffer =>
  Buffer.from(Array.from({ length: size }, (_, i) => (i * 31 + seed * 7 + (i >> 3)) & 255));
const weights = noise(50_000, 1);
const diffusers = {
  'README.md': noise(100, 2),
  'model_index.json': Buffer.from('{}'),
  'unet/config.json': Buffer.from('{"a":1}'),
  'unet/diffusion_pytorch_model.safetensors': weights,
  'unet/diffusion_pytorch_model.fp16.safetensors': noise(25_000, 3),
  'unet/diffusion_pytorch_model.bin': noise(50_000, 4),
  'safety_checker/model.safetensors': noise(9000, 5),
  'tokenizer/vocab.json': Buffer.from('{}'),
  'tokenizer/merges.txt': Buffer.alloc(0),
};

/** The files below a folder, by their paths there. */
const filesIn = (root: string): Record<string, Buffer> =>
  Object.fromEntries(
    readdirSync(root, { recursive: true, withFileTypes: true })
      .filter(entry => entry.isFile())
      .map(entry => join(entry.parentPath, entry.name))
      .map(path => [relative(root, path).replaceAll('\\', '/'), readFileSync(path)]),
  );

let hub: HubServer;
beforeAll(async () => {
  hub = await startHub({
    'someone/model': diffusers,
    'someone/checkpoints': { 'a.safetensors': noise(2000, 6), 'b.ckpt': noise(2000, 7) },
    'someone/gated': {},
    'stabilityai/stable-diffusion-xl-base-1.0': {
      ...filesIn(writeXlFolder(join(folder, 'xl'), tinyXl())),
      'sd_xl_base_1.0.safetensors': weights,
    },
  });
});
afterAll(() => hub.close());

const settings = (name: string): HubSettings => ({ cache: join(folder, name), endpoint: hub.url, token: undefined, offline: false });
const signal = new AbortController().signal;
const NEEDED = [
  'model_index.json',
  'tokenizer/merges.txt',
  'tokenizer/vocab.json',
  'unet/config.json',
  'unet/diffusion_pytorch_model.safetensors',
];

describe('a repository', () => {
  it('arrives with the files that are needed and no others, in the layout that other tools know', async () => {
    const seen: number[] = [];
    const got = await getRepository('someone/model', settings('plain'), { signal, onProgress: done => seen.push(done) });
    expect([...got.files].sort()).toEqual(NEEDED);
    expect(got.folder).toBe(join(folder, 'plain', 'models--someone--model', 'snapshots', COMMIT));
    expect(readFileSync(join(got.folder, 'unet/diffusion_pytorch_model.safetensors')).equals(weights)).toBe(true);
    expect(seen.at(-1)).toBe(got.bytes);
    expect(await cachedSnapshot(settings('plain'), 'someone/model')).toBe(got.folder);
    expect((await cachedModels(settings('plain'))).map(m => m.id)).toEqual(['someone/model']);
  });

  it('is not downloaded twice', async () => {
    await getRepository('someone/model', settings('twice'), { signal });
    const before = hub.log.length;
    await getRepository('someone/model', settings('twice'), { signal });
    expect(hub.log.slice(before).filter(line => line.includes('/resolve/'))).toEqual([]);
  });

  it('comes in the variant asked for', async () => {
    const got = await getRepository('someone/model', settings('variant'), { signal, variant: 'fp16' });
    expect(got.files).toContain('unet/diffusion_pytorch_model.fp16.safetensors');
    expect(got.files).not.toContain('unet/diffusion_pytorch_model.safetensors');
  });

  it('goes on where the connection broke', async () => {
    hub.breakAfter = 30_000;
    const before = hub.log.length;
    const got = await getRepository('someone/model', settings('broken'), { signal });
    expect(readFileSync(join(got.folder, 'unet/diffusion_pytorch_model.safetensors')).equals(weights)).toBe(true);
    const resumed = hub.log.slice(before).filter(line => /safetensors bytes=[1-9]\d*-49999$/.test(line));
    expect(resumed.length).toBe(1);
  });

  it('goes on where an earlier run was stopped', async () => {
    const stop = new AbortController();
    const at = settings('stopped');
    const stopped = getRepository('someone/model', at, {
      signal: stop.signal,
      onProgress: done => done > 10 && stop.abort(new Error('stopped')),
    });
    await expect(stopped).rejects.toThrow('stopped');
    expect(await cachedSnapshot(at, 'someone/model')).toBeUndefined();
    const got = await getRepository('someone/model', at, { signal });
    expect([...got.files].sort()).toEqual(NEEDED);
    expect(existsSync(join(got.folder, 'unet/config.json'))).toBe(true);
  });

  it('with several checkpoints needs to be told which', async () => {
    await expect(getRepository('someone/checkpoints', settings('several'), { signal })).rejects.toThrow('--file: a.safetensors, b.ckpt');
    const got = await getRepository('someone/checkpoints', settings('several'), { signal, files: ['b.ckpt'] });
    expect(got.files).toEqual(['b.ckpt']);
  });

  it('that is not there, not open, or not reachable is told as such', async () => {
    await expect(getRepository('someone/nothing', settings('none'), { signal })).rejects.toThrow('has no model someone/nothing');
    await expect(getRepository('someone/gated', settings('none'), { signal })).rejects.toThrow('HF_TOKEN');
    const dead = { ...settings('none'), endpoint: 'http://127.0.0.1:9' };
    await expect(getRepository('someone/model', dead, { signal })).rejects.toThrow('cannot be reached');
    await expect(getRepository('someone/model', { ...dead, offline: true }, { signal })).rejects.toThrow('HF_HUB_OFFLINE');
  });
});

describe('rerender models', () => {
  const env = () => ({ HF_ENDPOINT: hub.url, HF_HUB_CACHE: join(folder, 'cli') });

  it('gets a model and prints its folder, then lists it, and finds it without the network', async () => {
    const got = await rerenderCommand(['models', 'get', 'someone/model'], { env: env() });
    expect(got.stderr).toContain('download');
    expect(got.code).toBe(0);
    expect(got.stdout.trim()).toBe(await cachedSnapshot(await hubSettings(env()), 'someone/model'));
    const listed = await rerenderCommand(['models', 'list'], { env: env() });
    expect(listed.stdout).toContain('someone/model');
    expect(listed.stdout).toMatch(/rerender-mini .*\nrerender-words /);
    const offline = await rerenderCommand(['models', 'get', 'someone/model'], { env: { ...env(), HF_HUB_OFFLINE: '1' } });
    expect(offline.stdout).toBe(got.stdout);
  });

  it('gets SDXL with both text encoders, and knows it by the name of its repository', async () => {
    const id = 'stabilityai/stable-diffusion-xl-base-1.0';
    const got = await rerenderCommand(['models', 'get', id], { env: env() });
    expect(got.code, got.stderr).toBe(0);
    const there = readdirSync(got.stdout.trim(), { recursive: true });
    expect(there).toEqual(expect.arrayContaining(['text_encoder_2/model.safetensors', 'tokenizer_2/merges.txt', 'unet/config.json']));
    expect(there).not.toContain('sd_xl_base_1.0.safetensors');
    const { stdout } = await rerenderCommand(['models', 'inspect', id, '--json'], { env: env() });
    expect(JSON.parse(stdout)).toMatchObject({
      kind: 'sdxl',
      missing: [],
      problems: [],
      recognised: [{ what: 'is SDXL itself', by: 'its name' }, { what: 'predicts epsilon' }],
    });
    expect((await rerenderCommand(['models', 'list'], { env: env() })).stdout).toMatch(/stable-diffusion-xl-base-1\.0 .* \(SDXL\)\n/);
  });

  it('lets a run name a model by its id once it is here, and says how to get it before', async () => {
    const clip = [exampleClip(), '--style', 'ink', '--dry-run'];
    const absent = await rerenderCommand([...clip, '--model', 'someone/other'], { env: env() });
    expect(absent.code).toBe(3);
    expect(absent.stderr).toContain('rerender models get someone/other');
    const there = await rerenderCommand([...clip, '--model', 'someone/model'], { env: env() });
    expect(there.stderr).toContain('models--someone--model'); // opened there; what is wrong with this one is told with its place
  });

  it('says what to do when there is no network', async () => {
    const { code, stderr } = await rerenderCommand(['models', 'get', 'someone/model'], {
      env: { ...env(), HF_ENDPOINT: 'http://127.0.0.1:9' },
    });
    expect(code).toBe(3);
    expect(stderr).toMatch(/cannot be reached.*with a network run/);
  });
});
