// What clones without Git LFS, browsers and servers leave where a file of weights or a config should be.
import { copyFile, cp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { embeddedModel } from '../../config/paths.ts';
import { standIn, textInPlace } from '../../config/stand-in.ts';
import { inspectModel } from '../../models/inspect/inspect.ts';
import { openModelFolder } from '../../models/open/model-folder.ts';
import { openWeights } from '../../models/weights/open-weights.ts';
import { rerenderCommand } from '../support/cli.ts';
import { exampleClip } from '../support/example.ts';
import { temporaryFolder } from '../support/temporary.ts';

const clip = exampleClip();

const folder = temporaryFolder();
const at = (...names: string[]): string => join(folder, ...names);

const LFS = `version https://git-lfs.github.com/spec/v1\noid sha256:${'4d7a'.repeat(16)}\nsize 3438167540\n`;
const PAGE = '<!DOCTYPE html>\n<html lang="en"><head><title>v1-5.safetensors at main</title></head></html>\n';
const TEXTS: [what: string, text: string | Buffer, message: RegExp][] = [
  ['a Git LFS pointer', LFS, /is a Git LFS pointer, not the file itself: run `git lfs pull`.*`rerender models get OWNER\/NAME`/],
  ['a Xet pointer', '# xet version 0\nfilesize = 3438167540\nhash = "ab"\n', /is a Xet pointer/],
  [
    'a git-annex pointer',
    '/annex/objects/SHA256E-s4265380512--cc6cb27103417325ff94f52b7a5d2dde45a7515b25c255d8e396c90014281516.ckpt\n',
    /git annex get/,
  ],
  ['a web page', PAGE, /is a web page \(HTML\), not the file itself: download the file/],
  ['a page with a byte order mark', Buffer.from(`\uFEFF\n  ${PAGE}`), /web page/],
  ['a page behind a comment', `<!-- saved from url=(0026)there -->${'<!---->'.repeat(100)}\n<HTML>${' '.repeat(900)}`, /web page/],
  ['a page in Latin-1', Buffer.from('<html><title>Modèle</title>', 'latin1'), /web page/],
  ['an XML page', '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN">', /web page/],
  [
    'an XML reply',
    '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code></Error>',
    /is XML, as of a server's error reply/,
  ],
  ['an XML reply without its head', '<Error><Code>NoSuchKey</Code></Error>', /is XML/],
  ['a JSON reply', '{"error":"Invalid username or password."}', /is JSON, not a file of weights \(it begins with "\{\\"error\\":/],
  ['a reply of words', 'Entry not found', /is a text, not a file of weights \(it begins with "Entry not found"\)/],
];

describe('a text in the place of weights', () => {
  test.each(TEXTS)('%s is said so, whatever the file is called', async (_, text, message) => {
    for (const name of ['a.safetensors', 'a.ckpt', 'a.pth', 'a.bin']) {
      await writeFile(at(name), text);
      await expect(openWeights(at(name))).rejects.toMatchObject({
        exitCode: 3,
        code: 'WEIGHTS_MISSING',
        message: expect.stringMatching(message),
      });
    }
  });

  test('weights are none, nor are an empty file and other bytes', async () => {
    const weights = join(embeddedModel, 'unet', 'diffusion_pytorch_model.safetensors');
    expect((await openWeights(weights)).tensors.length).toBeGreaterThan(0);
    for (const bytes of [Buffer.alloc(0), Buffer.from([0x80, 2, 0x7d]), Buffer.from('PK\x03\x04'), Buffer.from([0xff, 0xfe, 0x3c, 0])]) {
      expect(textInPlace(bytes)).toBeUndefined();
    }
  });
});

test('JSON, words and merges are no stand-in for a text file', () => {
  for (const text of ['{"a": "<html>"}', '#version: 0.2\ni n', 'version 2', '{', '']) expect(standIn(text)).toBeUndefined();
});

describe('in a model', () => {
  const copy = async (name: string, file: string, text: string): Promise<string> => {
    await cp(embeddedModel, at(name), { recursive: true });
    await writeFile(at(name, file), text);
    return at(name);
  };

  test.each([
    ['unet/diffusion_pytorch_model.safetensors', LFS, /unet.*safetensors: is a Git LFS pointer/],
    ['vae/diffusion_pytorch_model.safetensors', PAGE, /vae.*safetensors: is a web page/],
    ['unet/config.json', LFS, /unet.config\.json: is a Git LFS pointer/],
    ['scheduler/scheduler_config.json', PAGE, /scheduler_config\.json: is a web page/],
    ['tokenizer/vocab.json', LFS, /vocab\.json:? is a Git LFS pointer/],
    ['tokenizer/merges.txt', LFS, /merges\.txt:? is a Git LFS pointer/],
    ['tokenizer/tokenizer_config.json', '<Error></Error>', /tokenizer_config\.json:? is XML/],
  ])('%s is named, by models inspect too', async (file, text, message) => {
    const home = await copy(file.replaceAll(/\W/g, '-'), file, text);
    await expect(openModelFolder(home)).rejects.toThrow(message);
    expect((await inspectModel(home)).problems.join('\n')).toMatch(message);
  });

  test('the index of shards is named', async () => {
    const home = at('shards');
    await cp(embeddedModel, home, { recursive: true });
    const weights = join(home, 'unet', 'diffusion_pytorch_model');
    await copyFile(`${weights}.safetensors`, `${weights}-00001-of-00001.safetensors`);
    await writeFile(`${weights}.safetensors.index.json`, PAGE);
    await rm(`${weights}.safetensors`);
    await expect(openModelFolder(home)).rejects.toThrow(/index\.json: is a web page/);
  });
});

test('each option that takes weights tells it, with exit code 3', async () => {
  await writeFile(at('pointer.safetensors'), LFS);
  const file = at('pointer.safetensors');
  const jobs = [
    ['generate', '-p', 'a cat', '--model', file],
    ['generate', '-p', 'a cat', '--vae', file],
    ['generate', '-p', 'a cat', '--lora', `${file}:0.5`],
    ['generate', '-p', 'a cat', '--embedding', file],
    ['keyframes', clip, '--style', 'a cat', '--control', `canny=${file}`],
    ['keyframes', clip, '--style', 'a cat', '--control', `hed=${join(embeddedModel, 'controlnet')},annotator=${file}`],
    ['models', 'inspect', file],
  ];
  for (const job of jobs) {
    const { code, stderr } = await rerenderCommand([...job, ...(job[0] === 'models' ? [] : ['-o', at('out.png')])]);
    expect([job.join(' '), code, stderr]).toEqual([job.join(' '), 3, expect.stringContaining('pointer.safetensors: is a Git LFS pointer')]);
  }
});
