// Stable Diffusion as its users have it: a folder in each of its forms, and one file in each of its forms, all with the same weights,
// give the same pictures.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { torchZip } from '../models/torch-files.ts';
import { rerenderCommand } from '../support/cli.ts';
import { exampleClip } from '../support/example.ts';
import { safetensorsBytes } from '../support/safetensors.ts';
import { asSaved } from '../support/state.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { ldmControl, ldmState, ldmVae, type Tensors, tinySd, writeFolder } from '../support/tiny-sd.ts';

const folder = temporaryFolder();
const clip = exampleClip();
const at = (...names: string[]): string => join(folder, ...names);
const sd = tinySd(1);

let runs = 0;
/** Two key frames of the clip, as the bytes of PNGs. */
const draw = async (...args: string[]): Promise<Buffer[]> => {
  const output = at(`keys-${runs++}`);
  const small = ['--frames', '0-4', '--interval', '4', '--size', '64', '--steps', '2', '--no-cache'];
  const { code, stderr } = await rerenderCommand(['keyframes', clip, '--style', 'a fox', '-o', output, ...small, ...args]);
  expect(stderr).not.toMatch(/error/i);
  expect(code).toBe(0);
  const pictures = readdirSync(output).filter(name => name.startsWith('keyframe-'));
  expect(pictures.length).toBe(2);
  return pictures.map(name => readFileSync(join(output, name)));
};

/** `pytorch_model.bin` is transformers' name, `diffusion_pytorch_model.bin` diffusers'. */
const pickled = (file: string, tensors: Tensors): void =>
  writeFileSync(`${file.replace(/\/model$/, '/pytorch_model')}.bin`, torchZip(asSaved(tensors)));

/** Two files and the index that says which tensor is in which. */
const sharded = (file: string, tensors: Tensors): void => {
  const halves = [0, 1].map(half => Object.fromEntries(Object.entries(tensors).filter((_, i) => i % 2 === half)));
  const names = halves.map((_, i) => `${file}-0000${i + 1}-of-00002.safetensors`);
  for (const [i, half] of halves.entries()) writeFileSync(names[i]!, safetensorsBytes(half));
  const map = halves.flatMap((half, i) => Object.keys(half).map(name => [name, names[i]!.slice(names[i]!.lastIndexOf('/') + 1)]));
  writeFileSync(`${file}.safetensors.index.json`, JSON.stringify({ metadata: {}, weight_map: Object.fromEntries(map) }));
};

const variant = (file: string, tensors: Tensors): void => writeFileSync(`${file}.fp16.safetensors`, safetensorsBytes(tensors));

test('the same weights in every form give the same pictures', { timeout: 240_000 }, async () => {
  const whole = writeFolder(at('folder'), sd);
  const expected = await draw('--model', whole, '--control', 'none');
  const folders = [writeFolder(at('bin'), sd, pickled), writeFolder(at('shards'), sd, sharded), writeFolder(at('fp16'), sd, variant)];
  for (const model of folders) expect(await draw('--model', model, '--control', 'none')).toEqual(expected);
  writeFileSync(at('one.safetensors'), safetensorsBytes(ldmState(sd)));
  writeFileSync(at('one.ckpt'), torchZip({ state_dict: asSaved(ldmState(sd)), global_step: 3 }));
  for (const file of ['one.safetensors', 'one.ckpt']) expect(await draw('--model', at(file), '--control', 'none')).toEqual(expected);
});

test('version 2: what a file does not say is measured and told; the pictures are those of the folder', { timeout: 120_000 }, async () => {
  const two = tinySd(2);
  const whole = writeFolder(at('two'), two);
  writeFileSync(at('two.ckpt'), torchZip({ state_dict: asSaved(ldmState(two)) }));
  const file = ['--model', at('two.ckpt'), '--control', 'none'];
  expect(await draw(...file, '--prediction', 'epsilon')).toEqual(await draw('--model', whole, '--control', 'none'));
  const args = [
    'keyframes',
    clip,
    '--style',
    'a fox',
    '-o',
    at('measured'),
    '--frames',
    '0-0',
    '--size',
    '64',
    '--steps',
    '1',
    '--strength',
    '1',
    '--no-cache',
    ...file,
  ];
  const { code, stderr } = await rerenderCommand(args);
  expect(code).toBe(0);
  expect(stderr).toMatch(/two\.ckpt does not say what its U-Net predicts; a trial says v_prediction .*--prediction settles it/);
});

test('a ControlNet and an autoencoder in one file are those of the folder', { timeout: 120_000 }, async () => {
  const whole = writeFolder(at('controlled'), sd);
  writeFileSync(at('control.pth'), torchZip(asSaved(ldmControl(sd))));
  writeFileSync(at('vae.pt'), torchZip({ state_dict: asSaved(ldmVae(sd)) }));
  const expected = await draw('--model', whole, '--control', 'canny');
  rmSync(join(whole, 'vae'), { recursive: true });
  expect(await draw('--model', whole, '--control', `canny=${at('control.pth')}`, '--vae', at('vae.pt'))).toEqual(expected);
});

test('what does not fit is refused before anything is run, naming both sides', async () => {
  const two = tinySd(2);
  writeFileSync(at('two.safetensors'), safetensorsBytes(ldmControl(two)));
  const model = writeFolder(at('fit'), sd);
  const args = ['keyframes', clip, '--style', 'a fox', '-o', at('none'), '--model', model];
  const wrong = await rerenderCommand([...args, '--control', 'none', '--vae', at('two.safetensors')]);
  expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringMatching(/two\.safetensors: holds no autoencoder, only controlnet/)]);
  const missing = await rerenderCommand([...args, '--control', 'none', '--variant', 'bf16']);
  expect([missing.code, missing.stderr]).toEqual([
    1,
    expect.stringMatching(/no weights of variant bf16; there are diffusion_pytorch_model\.safetensors/),
  ]);
});
