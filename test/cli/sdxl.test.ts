// SDXL through the command line, at toy size: pictures from one file, a clip from a folder with a ControlNet, what is refused.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readPicture } from '../../media/picture.ts';
import { rerenderCommand } from '../support/cli.ts';
import { exampleClip } from '../support/example.ts';
import { noise } from '../support/noise.ts';
import { safetensorsBytes } from '../support/safetensors.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { tinyXl, writeXlControl, writeXlFolder, writeXlRefiner, XL, xlState } from '../support/tiny-xl.ts';

const root = temporaryFolder();
const at = (name: string): string => join(root, name);
const xl = tinyXl();
const folder = writeXlFolder(at('xl'), xl);
const control = writeXlControl(at('control'), xl);
const file = at('xl.safetensors');
writeFileSync(file, safetensorsBytes(xlState(xl)));

const generate = async (name: string, ...more: string[]) => {
  const args = ['-p', 'a red fox', '--size', '64', '--steps', '1', '--sampler', 'auto', '--device', 'cpu', '--work-dir', at('work')];
  const ran = await rerenderCommand(['generate', ...args, '-o', at(name), ...more]);
  const data = ran.code === 0 ? (await readPicture(at(name))).data : undefined;
  return { ...ran, data };
};

test('a file draws what its folder draws, and every option of SDXL matters', async () => {
  const plain = await generate('plain.png', '--model', file);
  expect(plain.stderr).not.toMatch(/warning/i);
  expect((await generate('folder.png', '--model', folder)).data).toEqual(plain.data);
  for (const [flag, value] of [
    ['--original-size', '32x32'],
    ['--crop-ids', '16,0'],
    ['--clip-skip', '1'],
    ['--guidance-rescale', '0.7'],
  ] as const) {
    const other = await generate(`other${flag}.png`, '--model', file, flag, value);
    expect(other.code, other.stderr).toBe(0);
    expect(other.data, flag).not.toEqual(plain.data);
  }
}, 120_000);

test('a clip with ControlNet, LoRA and embedding', async () => {
  const lora = at('ink.safetensors');
  const module = 'lora_te2_text_model_encoder_layers_0_self_attn_q_proj';
  const pair = { [`${module}.lora_up.weight`]: noise('u', [128, 2]), [`${module}.lora_down.weight`]: noise('d', [2, 128]) };
  writeFileSync(lora, safetensorsBytes(pair));
  writeFileSync(at('w.safetensors'), safetensorsBytes({ clip_l: noise('l', [1, XL.first]), clip_g: noise('g', [1, XL.second]) }));
  const adapters = ['--lora', `${lora}:0.5`, '--embedding', `${at('w.safetensors')}:<w>`];
  const small = ['--size', '64', '--size-multiple', '8', '--steps', '2', '--frames', '0-3', '--interval', '3', '--sampler', 'euler'];
  const model = ['--model', folder, '--control', `canny=${control}`, ...adapters];
  const ran = await rerenderCommand([exampleClip(), '-p', 'a <w> fox', ...model, ...small, '--device', 'cpu', '-o', at('clip.mp4')]);
  expect(ran.stderr).toMatch(/4 frames, 2 key frames/);
  expect(ran.code).toBe(0);
}, 60_000);

test('inspect tells what it is', async () => {
  const { stdout } = await rerenderCommand(['models', 'inspect', file]);
  expect(stdout).toMatch(/Stable Diffusion XL/);
  expect(stdout).toMatch(/text_encoder_2/);
});

test('a refiner alone, sizes that are none, and sizes for a model of another family', async () => {
  const refiner = writeXlRefiner(at('refiner'), xl);
  expect((await rerenderCommand(['models', 'inspect', refiner])).stdout).toMatch(/SDXL's refiner, which only finishes what SDXL begins/);
  const drawn = await generate('refiner.png', '--model', refiner);
  expect([drawn.code, drawn.stderr]).toEqual([2, expect.stringMatching(/refiner is an SDXL refiner.*: give SDXL's base/)]);
  const sizes = await generate('x.png', '--model', file, '--original-size', '64');
  expect([sizes.code, sizes.stderr]).toEqual([2, expect.stringContaining('--original-size must be WIDTHxHEIGHT in pixels')]);
  const other = await generate('embedded.png', '--crop-ids', '8,0');
  expect(other.stderr).toMatch(/--crop-ids tell SDXL of sizes; the model .* is none, and reads none/);
}, 60_000);
