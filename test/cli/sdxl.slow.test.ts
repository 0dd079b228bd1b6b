// SDXL through the command line, at toy size: pictures from one file, its options, what is refused. Layouts: sdxl-layouts.test.ts.
import { cpSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readPicture } from '../../media/picture.ts';
import { loraTensors } from '../support/adapters.ts';
import { rerenderCommand } from '../support/cli.ts';
import { exampleClip } from '../support/example.ts';
import { noise } from '../support/noise.ts';
import { safetensorsBytes } from '../support/safetensors.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { ldmControl, ldmState, type Tensors, tinySd, writeFolder } from '../support/tiny-sd.ts';
import { tinyXl, writePrunedControl, writeXlControl, writeXlFolder, writeXlRefiner, XL, xlLoras, xlState } from '../support/tiny-xl.ts';

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
  const all = await generate('all.png', '--model', file, ...changed.flat(), '--cfg-low', '3', '--freeu', 'authors');
  const again = await generate('again.png', '--model', file, '--from-png', at('all.png'), '--no-cache');
  expect(again.data, again.stderr).toEqual(all.data);
  expect(again.stderr).not.toMatch(/warning/i);
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

describe('a wrong pairing is refused in a sentence that names both sides', () => {
  const sd = tinySd(1);
  const write = (name: string, tensors: Tensors): string => {
    writeFileSync(at(name), safetensorsBytes(tensors));
    return at(name);
  };
  const [sdFolder, xlFolder] = [writeFolder(at('sd'), sd), writeXlFolder(at('xl'), xl)];
  const sdFile = write('sd.safetensors', ldmState(sd));

  /** Of a LoRA what changes the U-Net. */
  const unetAlone = (tensors: Tensors): Tensors =>
    Object.fromEntries(Object.entries(tensors).filter(([name]) => /^(lora_)?unet/.test(name)));
  const sdLora = (name: string, wanted: RegExp): string => {
    const modules = Object.entries(sd.unet).flatMap(([key, { dims }]): [string, readonly number[]][] =>
      wanted.test(key) ? [[key.replace('.weight', ''), dims]] : [],
    );
    const spell = (module: string) => ['down', 'up'].map(side => `lora_unet_${module.replaceAll('.', '_')}.lora_${side}.weight`);
    return write(
      name,
      loraTensors(new Map(modules), module => spell(module) as [string, string]),
    );
  };
  const { kohya, sgm, peft } = xlLoras(xl);
  const both = { clip_l: noise('l', [2, XL.first]), clip_g: noise('g', [2, XL.second]) };
  const control = (path: string): string[] => ['--control', `canny=${path}`, '--init', `${exampleClip()}@0`, '--strength', '1'];
  const without = (part: string): string => {
    const path = at(`without-${part}`);
    cpSync(xlFolder, path, { recursive: true });
    rmSync(join(path, part), { recursive: true });
    return path;
  };
  const oneText = Object.fromEntries(Object.entries(xlState(xl)).filter(([name]) => !name.startsWith('conditioner.embedders.1.')));

  const xlOnSd = (file: string) =>
    new RegExp(`${file} is for SDXL \\(its transformers have several layers: \\S+\\), the model \\S+ reads texts 64 wide and has one text`);
  const sdOnXl = (why: string) => new RegExp(`is for Stable Diffusion 1 or 2 \\(.*${why}.*\\), the model \\S+ is of SDXL: leave it out`);
  const CASES: readonly (readonly [what: string, model: string, args: readonly string[], due: RegExp])[] = [
    ["a LoRA of SDXL's U-Net alone, kohya's", sdFolder, ['--lora', write('k.safetensors', unetAlone(kohya))], xlOnSd('k.safetensors')],
    ['the same under LDM names, on a file', sdFile, ['--lora', write('s.safetensors', unetAlone(sgm))], xlOnSd('s.safetensors')],
    ['the same, PEFT', sdFolder, ['--lora', write('p.safetensors', unetAlone(peft))], xlOnSd('p.safetensors')],
    [
      'a LoRA of SDXL with its text encoders',
      sdFolder,
      ['--lora', write('w.safetensors', kohya)],
      /second text encoder: lora_te2_.*64 wide/,
    ],
    ['a LoRA of SD 1', xlFolder, ['--lora', sdLora('a.safetensors', /attn\d\.to_[qkv]\.w/)], sdOnXl('attn2_to_k reads texts 64 wide')],
    [
      'one of self-attention alone',
      file,
      ['--lora', sdLora('b.safetensors', /attn1\.to_q\.w/)],
      sdOnXl('attention that SDXL does not have'),
    ],
    [
      'a ControlNet of SDXL',
      sdFolder,
      control(writeXlControl(at('cx'), xl)),
      /cx is for SDXL, the U-Net \(unet\/\) is of Stable Diffusion 1 or 2/,
    ],
    [
      'a small one',
      sdFile,
      control(writePrunedControl(at('cs'), 'small')),
      /cs is for SDXL, the U-Net \(.*sd\.safetensors, unet\) is of Stable Diff/,
    ],
    [
      'a ControlNet of SD 1',
      xlFolder,
      control(join(sdFolder, 'controlnet')),
      /controlnet is for Stable Diffusion 1 or 2, the U-Net .* is of SDXL/,
    ],
    [
      'the same in one file',
      file,
      control(write('c.safetensors', ldmControl(sd))),
      /c\.safetensors is for Stable Diffusion 1 or 2, .* is of SDXL/,
    ],
    [
      'an embedding with one table',
      xlFolder,
      ['--embedding', write('e.safetensors', { emb_params: noise('e', [1, XL.first]) })],
      /e\.safetensors: has vectors of e for one text encoder, the model has SDXL's text encoders/,
    ],
    [
      'an embedding with two',
      sdFolder,
      ['--embedding', write('f.safetensors', both)],
      /f\.safetensors: has vectors of f for SDXL's two text encoders, the model has one text encoder/,
    ],
    [
      'a folder without its second text encoder',
      without('text_encoder_2'),
      [],
      /has no text_encoder_2\/config\.json.*an SDXL folder has text_enc/,
    ],
    [
      'a folder without its first',
      without('text_encoder'),
      [],
      /has no text_encoder\/config\.json.*an SDXL folder has text_encoder_2\/ and/,
    ],
    ['a file without its second', write('one.safetensors', oneText), [], /one\.safetensors has no second text encoder \(SDXL has two\)/],
  ];
  test('each through the command line', async () => {
    const refused = async ([what, model, args, due]: (typeof CASES)[number]) => {
      const { code, stderr } = await generate('refused.png', '--model', model, ...args);
      expect.soft(stderr, what).toMatch(due);
      expect.soft([code === 1 || code === 3, stderr.trim().split('\n').length], what).toEqual([true, 1]);
    };
    for (let at = 0; at < CASES.length; at += 4) await Promise.all(CASES.slice(at, at + 4).map(refused));
  }, 120_000);
});
