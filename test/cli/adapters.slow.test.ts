// DreamBooth, LoRA and ReVersion as their users have them: folders and files in the trainers' layouts, drawn with through the command line.
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { embeddedModel } from '../../config/paths.ts';
import { readConfig } from '../../models/networks/config.ts';
import { unetConfig } from '../../models/networks/unet-config.ts';
import { ldmPlace } from '../../models/weights/lora/ldm-names.ts';
import { noise } from '../models/graphs.ts';
import { torchZip } from '../models/torch-files.ts';
import { loraTensors, modulesOf } from '../support/adapters.ts';
import { rerenderCommand } from '../support/cli.ts';
import { exampleClip } from '../support/example.ts';
import { safetensorsBytes } from '../support/safetensors.ts';
import { temporaryFolder } from '../support/temporary.ts';

const folder = temporaryFolder();
const clip = exampleClip();
const at = (...names: string[]): string => join(folder, ...names);
const SMALL = ['--size', '64', '--steps', '2', '--strength', '0.9', '--work-dir', at('work')];
const WIDTH = 128; // of the embedded model's text encoder

let runs = 0;
/** The clip's first frame drawn, as the bytes of PNGs. */
const draw = async (style: string, ...more: string[]): Promise<Buffer[]> => {
  const output = at(`keys-${runs++}`);
  const { code, stderr } = await rerenderCommand(['keyframes', clip, '--style', style, '-o', output, '--frames', '0-0', ...SMALL, ...more]);
  expect(stderr).not.toMatch(/error/i);
  expect(code).toBe(0);
  return readdirSync(output)
    .filter(name => name.startsWith('keyframe-'))
    .map(name => readFileSync(join(output, name)));
};

/** Changes all weights a little, as fine-tuning does. */
const fineTune = (file: string): void => {
  const bytes = readFileSync(file);
  const start = 8 + Number(bytes.readBigUInt64LE());
  for (let i = start + 1; i < bytes.length; i += 34) bytes[i] = bytes[i]! ^ 0x80; // signs of some float16 numbers
  writeFileSync(file, bytes);
};

beforeAll(async () => {
  process.env.HF_HUB_CACHE = at('hub');
  mkdirSync(at('lora'));
  const attention = await modulesOf(embeddedModel, 'unet', /\.attn\d\.to_(q|k|v|out)/);
  const text = await modulesOf(embeddedModel, 'text_encoder', /self_attn\.(q|v)_proj/);
  const peft = (part: string) => (module: string) => [`${part}.${module}.lora_A.weight`, `${part}.${module}.lora_B.weight`] as const;
  const tensors = { ...loraTensors(attention, peft('unet')), ...loraTensors(text, peft('text_encoder')) };
  writeFileSync(at('lora', 'pytorch_lora_weights.safetensors'), safetensorsBytes(tensors));
});

describe('DreamBooth', () => {
  test('a full folder is a model like any other', async () => {
    cpSync(embeddedModel, at('dreambooth'), { recursive: true });
    fineTune(at('dreambooth', 'unet', 'diffusion_pytorch_model.safetensors'));
    const [tuned, plain] = [await draw('a sks painting', '--model', at('dreambooth')), await draw('a sks painting')];
    expect(tuned[0]!.equals(plain[0]!)).toBe(false);
  });

  test('its LoRA folder changes the picture with its weight; weight 0 is off to the byte, in its cache too', async () => {
    const style = 'a sks oil painting';
    const plain = await draw(style);
    const [whole, half] = [await draw(style, '--lora', at('lora')), await draw(style, '--lora', `${at('lora')}:0.5`)];
    for (const pictures of [whole, half]) expect(pictures[0]!.equals(plain[0]!)).toBe(false);
    expect(half[0]!.equals(whole[0]!)).toBe(false);
    expect(await draw(style, '--lora', `${at('lora')}:0`)).toEqual(plain);
    expect(await draw(style, '--lora', `${at('lora')}:0`, '--no-cache')).toEqual(plain);
  });

  test("under ComfyUI's general names and with a named adapter it draws the same", async () => {
    const modules = [
      ...(await modulesOf(embeddedModel, 'unet', /\.attn\d\.to_q|\.conv1|time_embedding/)),
      ...(await modulesOf(embeddedModel, 'text_encoder', /self_attn\.v_proj/)),
    ];
    const ldm = ldmPlace(unetConfig(await readConfig(join(embeddedModel, 'unet'))));
    const place = (module: string): string => ldm(module) ?? '';
    const isText = (module: string): boolean => module.startsWith('text_model.');
    const pairs = loraTensors(new Map(modules), module => [`${module} down`, `${module} up`]);
    const file = (name: string, spell: (module: string) => string, [down, up]: readonly [string, string]): string => {
      const tensors = Object.entries(pairs).map(([key, tensor]) => {
        const [module = '', side] = key.split(' ');
        return [`${spell(module)}.${side === 'up' ? up : down}.weight`, tensor];
      });
      writeFileSync(at(name), safetensorsBytes(Object.fromEntries(tensors)));
      return at(name);
    };
    const known = (module: string): string => `${isText(module) ? 'text_encoder' : 'unet'}.${module}`;
    const general = (module: string): string =>
      isText(module) ? `text_encoders.clip_l.transformer.${module}` : `diffusion_model.${place(module)}`;
    const style = 'a sks oil painting';
    const due = await draw(style, '--lora', file('known.safetensors', known, ['lora_A', 'lora_B']));
    expect(due[0]!.equals((await draw(style))[0]!)).toBe(false);
    const [named, comfy] = [
      file('named.safetensors', known, ['lora_A.ink-2', 'lora_B.ink-2']),
      file('comfy.safetensors', general, ['lora_down', 'lora_up']),
    ];
    for (const path of [named, comfy]) expect(await draw(style, '--lora', path, '--no-cache')).toEqual(due);
  });

  test("is found by its id where the hub's cache has it", async () => {
    const snapshot = at('hub', 'models--someone--ink', 'snapshots', 'abc');
    mkdirSync(snapshot, { recursive: true });
    mkdirSync(at('hub', 'models--someone--ink', 'refs'));
    writeFileSync(at('hub', 'models--someone--ink', 'refs', 'main'), 'abc');
    symlinkSync(at('lora', 'pytorch_lora_weights.safetensors'), join(snapshot, 'pytorch_lora_weights.safetensors'));
    const style = 'a sks oil painting';
    expect(await draw(style, '--lora', 'someone/ink')).toEqual(await draw(style, '--lora', at('lora')));
    const absent = await rerenderCommand(['keyframes', clip, '--style', style, '--lora', 'someone/else:0.5', ...SMALL]);
    expect(absent.stderr).toContain('`rerender models get someone/else` brings it here');
    expect(absent.code).toBe(3);
  });

  test('the main job names the LoRA in its plan', async () => {
    const args = [
      clip,
      '--style',
      'a sks painting',
      '-o',
      at('out.mp4'),
      '--frames',
      '0-2',
      ...SMALL,
      '--lora',
      `${at('lora')}:0.8`,
      '--json',
    ];
    const { code, stdout } = await rerenderCommand(args);
    expect(code).toBe(0);
    const events = stdout.trim().split('\n');
    expect(JSON.parse(events.find(line => line.includes('"type":"plan"'))!).plan.adapters).toEqual([
      'LoRA pytorch_lora_weights.safetensors x 0.8',
    ]);
    expect(JSON.parse(events.at(-1)!)).toMatchObject({ type: 'result', result: { frames: 3 } });
  });
});

test('LCM-LoRA: a file over every layer with alphas, drawn with its sampler', async () => {
  const modules = await modulesOf(embeddedModel, 'unet', /^(?!conv_(in|out)\.)/);
  const spell = (module: string) => {
    const key = `lora_unet_${module.replaceAll('.', '_')}`;
    return [`${key}.lora_down.weight`, `${key}.lora_up.weight`] as const;
  };
  const alphas = [...modules.keys()].map(module => [
    spell(module)[0].replace('lora_down.weight', 'alpha'),
    { dims: [], data: Float32Array.of(0.4) },
  ]);
  writeFileSync(at('lcm.safetensors'), safetensorsBytes({ ...loraTensors(modules, spell), ...Object.fromEntries(alphas) }));
  const few = ['--sampler', 'lcm', '--cfg-scale', '1'];
  const [distilled, plain] = [await draw('a mosaic', '--lora', at('lcm.safetensors'), ...few), await draw('a mosaic', ...few)];
  expect(distilled[0]!.equals(plain[0]!)).toBe(false);
});

describe('ReVersion', () => {
  const vector = noise('<R>', [WIDTH]).data.map(v => v * 0.5);

  test('learned_embeds.bin gives <R> a meaning; a folder with the token added draws the same', async () => {
    writeFileSync(at('learned_embeds.bin'), torchZip({ '<R>': { size: [WIDTH], data: vector } }));
    const style = 'a cat <R> stone, oil painting';
    const [plain, taught] = [await draw(style), await draw(style, '--embedding', at('learned_embeds.bin'))];
    expect(taught[0]!.equals(plain[0]!)).toBe(false);

    // What `--save_full_model` leaves: the tokenizer knows the token, the text encoder's table has its row.
    const home = at('reversion');
    cpSync(embeddedModel, home, { recursive: true });
    writeFileSync(join(home, 'tokenizer', 'added_tokens.json'), JSON.stringify({ '<R>': 2014 }));
    const config = JSON.parse(readFileSync(join(home, 'text_encoder', 'config.json'), 'utf8'));
    writeFileSync(join(home, 'text_encoder', 'config.json'), JSON.stringify({ ...config, vocab_size: 2015 }));
    growTable(join(home, 'text_encoder', 'model.safetensors'), vector);
    const [folderOnly, halved] = [await draw(style, '--model', home), await draw(style, '--embedding', at('half.safetensors'))];
    expect(folderOnly[0]!.equals(plain[0]!)).toBe(false);
    expect(folderOnly).toEqual(halved); // the folder keeps its table in float16, so the same vector rounded to it
  });
});

/** float32 to float16 and back, by the bits; for numbers of ordinary size. */
const toHalf = (value: number): number => {
  const bits = new Uint32Array(Float32Array.of(value).buffer)[0]!;
  const exponent = ((bits >> 23) & 0xff) - 112;
  return exponent <= 0 ? (bits >> 16) & 0x8000 : ((bits >> 16) & 0x8000) | (exponent << 10) | ((bits >> 13) & 0x3ff);
};
const fromHalf = (bits: number): number => {
  const exponent = (bits >> 10) & 31;
  return exponent === 0 ? 0 : (bits & 0x8000 ? -1 : 1) * (1 + (bits & 0x3ff) / 1024) * 2 ** (exponent - 15);
};

/** Adds a row to the token table of a float16 text encoder, and writes the same row, as rounded, to half.safetensors. */
const growTable = (file: string, vector: Float32Array): void => {
  const bytes = readFileSync(file);
  const length = Number(bytes.readBigUInt64LE());
  const header = JSON.parse(bytes.subarray(8, 8 + length).toString()) as Record<
    string,
    { shape: number[]; data_offsets: [number, number] }
  >;
  const [, table] = Object.entries(header).find(([name]) => name.endsWith('token_embedding.weight'))!;
  const row = Buffer.from(Uint16Array.from(vector, toHalf).buffer);
  const end = table.data_offsets[1];
  for (const entry of Object.values(header)) {
    if (!entry.data_offsets || entry === table) continue;
    if (entry.data_offsets[0] >= end) entry.data_offsets = [entry.data_offsets[0] + row.length, entry.data_offsets[1] + row.length];
  }
  table.shape[0]! += 1;
  table.data_offsets[1] += row.length;
  const head = Buffer.from(JSON.stringify(header));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(head.length));
  const data = bytes.subarray(8 + length);
  writeFileSync(file, Buffer.concat([size, head, data.subarray(0, end), row, data.subarray(end)]));
  const rounded = { '<R>': { dims: [vector.length], data: vector.map(v => fromHalf(toHalf(v))) } };
  writeFileSync(at('half.safetensors'), safetensorsBytes(rounded));
};

describe('what does not fit is told at once, before anything is drawn', () => {
  test.each<[string, () => string[], number, RegExp]>([
    ['no such file', () => ['--lora', at('absent.safetensors')], 3, /there is no LoRA .*absent\.safetensors/],
    ['a weight that is none', () => ['--lora', `${at('lora')}:99`], 2, /the weight must be a number from -20 to 20/],
    [
      'another width',
      () => {
        writeFileSync(at('wide.safetensors'), safetensorsBytes({ '<R>': noise('wide', [768]) }));
        return ['--embedding', at('wide.safetensors')];
      },
      1,
      /<R> are 768 wide, the model's text encoder is 128 wide/,
    ],
    [
      'another family',
      () => {
        const key = 'lora_unet_double_blocks_0_img_attn_proj';
        const pair = { [`${key}.lora_down.weight`]: noise('d', [2, 8]), [`${key}.lora_up.weight`]: noise('u', [8, 2]) };
        writeFileSync(at('flux.safetensors'), safetensorsBytes(pair));
        return ['--lora', at('flux.safetensors')];
      },
      1,
      /flux\.safetensors was made for another model: it is of the Flux family \(lora_unet_double_blocks_0_img_attn_proj/,
    ],
  ])('%s', async (_, args, code, message) => {
    const ran = await rerenderCommand(['keyframes', clip, '--style', 'x', '-o', at('refused'), ...SMALL, ...args()]);
    expect(ran.stderr).toMatch(message);
    expect(ran.code).toBe(code);
    expect(readdirSync(folder)).not.toContain('refused');
  });
});
