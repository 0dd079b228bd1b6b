// SDXL through the command line, at toy size: pictures from one file, its options, what is refused. Layouts: sdxl-layouts.test.ts.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readPicture } from '../../media/picture.ts';
import { rerenderCommand } from '../support/cli.ts';
import { safetensorsBytes } from '../support/safetensors.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { tinyXl, writeXlRefiner, xlState } from '../support/tiny-xl.ts';

const root = temporaryFolder();
const at = (name: string): string => join(root, name);
const xl = tinyXl();
const file = at('xl.safetensors');
writeFileSync(file, safetensorsBytes(xlState(xl)));

const generate = async (name: string, ...more: string[]) => {
  const args = ['-p', 'a red fox', '--size', '64', '--steps', '1', '--sampler', 'auto', '--device', 'cpu', '--work-dir', at('work')];
  const ran = await rerenderCommand(['generate', ...args, '-o', at(name), ...more]);
  const data = ran.code === 0 ? (await readPicture(at(name))).data : undefined;
  return { ...ran, data };
};

test('every option of SDXL matters', async () => {
  const plain = await generate('plain.png', '--model', file);
  expect(plain.stderr).not.toMatch(/warning/i);
  const changed = [
    ['--original-size', '32x32'],
    ['--crop-ids', '16,0'],
    ['--clip-skip', '1'],
    ['--guidance-rescale', '0.7'],
    ['--spacing', 'trailing'],
  ] as const;
  await Promise.all(
    changed.map(async ([flag, value]) => {
      const other = await generate(`other${flag}.png`, '--model', file, flag, value);
      expect(other.code, other.stderr).toBe(0);
      expect(other.data, flag).not.toEqual(plain.data);
    }),
  );
}, 120_000);

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
