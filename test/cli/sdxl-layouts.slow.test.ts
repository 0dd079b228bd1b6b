// SDXL in its users' layouts through the command line, at toy size: the same numbers in another layout draw the same picture to the byte.
import { cpSync, existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { readPicture } from '../../media/picture.ts';
import { fromHalf, toHalf } from '../../models/math/half.ts';
import type { PlanSummary } from '../../pipeline/index.ts';
import { rerenderCommand } from '../support/cli.ts';
import { exampleClip } from '../support/example.ts';
import { noise } from '../support/noise.ts';
import { safetensorsBytes } from '../support/safetensors.ts';
import { temporaryFolder } from '../support/temporary.ts';
import type { Tensors } from '../support/tiny-sd.ts';
import { tinyXl, writePrunedControl, writeXlControl, writeXlFolder, XL, XL_UNET, xlLoras, xlState } from '../support/tiny-xl.ts';
import { typedBytes } from '../support/typed-safetensors.ts';

const root = temporaryFolder();
const at = (...names: string[]): string => join(root, ...names);
const write = (name: string, bytes: Uint8Array): string => {
  writeFileSync(at(name), bytes);
  return at(name);
};

/** Normal half floats, which every layout below holds exactly. */
const rounded = (tensors: Tensors): Tensors =>
  Object.fromEntries(
    Object.entries(tensors).map(([name, { dims, data }]) => {
      const halves = fromHalf(toHalf(data)).map(v => (Math.abs(v) < 2 ** -14 ? 0 : v));
      return [name, { dims, data: halves }];
    }),
  );
const random = tinyXl();
const xl = Object.fromEntries(Object.entries(random).map(([part, tensors]) => [part, rounded(tensors)])) as typeof random;
const folder = writeXlFolder(at('xl'), xl);

const TINY = ['--size', '64', '--steps', '2', '--sampler', 'auto', '--device', 'cpu', '--work-dir', at('work')];
let runs = 0;
const generate = async (...more: string[]): Promise<Uint8Array> => {
  const output = at(`${runs++}.png`);
  const { code, stderr } = await rerenderCommand(['generate', '-p', 'a red <w> fox', ...TINY, '-o', output, ...more]);
  expect(code, stderr).toBe(0);
  return (await readPicture(output)).data;
};

let plain: Uint8Array;
beforeAll(async () => {
  plain = await generate('--model', folder);
});

/** As `save_pretrained(variant='fp16', max_shard_size=...)` leaves it. */
const halfShards = (): string => {
  const target = at('fp16');
  cpSync(folder, target, { recursive: true });
  for (const part of ['vae', 'text_encoder', 'text_encoder_2'] as const) {
    const name = part === 'vae' ? 'diffusion_pytorch_model' : 'model';
    rmSync(join(target, part, `${name}.safetensors`));
    writeFileSync(join(target, part, `${name}.fp16.safetensors`), typedBytes(xl[part], 'F16'));
  }
  rmSync(join(target, 'unet', 'diffusion_pytorch_model.safetensors'));
  const entries = Object.entries(xl.unet);
  const shards = [entries.slice(0, 100), entries.slice(100)].map((some, i) => {
    const file = `diffusion_pytorch_model.fp16-0000${i + 1}-of-00002.safetensors`;
    writeFileSync(join(target, 'unet', file), typedBytes(Object.fromEntries(some), 'F16'));
    return some.map(([name]): [string, string] => [name, file]);
  });
  const index = { metadata: {}, weight_map: Object.fromEntries(shards.flat()) };
  writeFileSync(join(target, 'unet', 'diffusion_pytorch_model.safetensors.index.fp16.json'), JSON.stringify(index));
  return target;
};

test('fp16 with shards, by its word and as the only one there is; one fp16 file under LDM names', async () => {
  const shards = generate('--model', halfShards(), '--variant', 'fp16');
  const file = generate('--model', write('xl.safetensors', typedBytes(xlState(xl), 'F16')));
  expect(await shards).toEqual(plain);
  expect(await file).toEqual(plain);
}, 60_000);

test('a LoRA of all three networks under kohya names and under PEFT ones', async () => {
  const { sgm, peft } = xlLoras(xl);
  const [one, other] = [write('sgm.safetensors', safetensorsBytes(sgm)), write('peft.safetensors', safetensorsBytes(peft))];
  const [first, second] = await Promise.all([one, other].map(path => generate('--model', folder, '--lora', path)));
  expect(first).not.toEqual(plain);
  expect(second).toEqual(first);
}, 60_000);

test('init with a sweep, and a spectrum', async () => {
  const sweep = generate('--model', folder, '--init', at('0.png'), '--strength', '0.5', '--freeu-sweep', 'b1=1,1.3');
  const spectrum = generate('--model', folder, '--freeu', '1.2,1.3,0.9,0.2', '--freeu-spectrum', at('s.svg'));
  expect((await sweep).length).toBeGreaterThan(2 * plain.length);
  expect([(await spectrum).length, existsSync(at('s.svg'))]).toEqual([plain.length, true]);
}, 60_000);

test('a clip at the size that the model is made for, with every operator, ControlNets of each size, a LoRA and an embedding', async () => {
  const made = at('made-for');
  cpSync(folder, made, { recursive: true });
  writeFileSync(join(made, 'unet', 'config.json'), JSON.stringify({ ...XL_UNET, sample_size: 8 })); // 64 pixels
  const both = write('w.safetensors', safetensorsBytes({ clip_l: noise('l', [2, XL.first]), clip_g: noise('g', [2, XL.second]) }));
  const controls = [writeXlControl(at('full'), xl), writePrunedControl(at('mid'), 'mid'), writePrunedControl(at('small'), 'small')];
  const lora = write('ink.safetensors', safetensorsBytes(xlLoras(xl).kohya));
  const whole = ['--warp-period', '--ada-period', '--mask-period', '--cross-period'].flatMap(flag => [flag, '0,1']);
  const clip = [
    ...[exampleClip(), '-p', 'a <w> fox', '--model', made, '--embedding', `${both}:<w>`, '--lora', `${lora}:0.5`, ...whole],
    ...controls.flatMap(path => ['--control', `canny=${path}:0.4`]),
    ...['--steps', '3', '--strength', '1', '--frames', '0-4', '--interval', '2', '--sampler', 'euler', '--device', 'cpu'],
    ...['--work-dir', at('work'), '-o', at('clip.mp4')],
  ];
  const { code, stdout, stderr } = await rerenderCommand([...clip, '--json']);
  expect(code, stderr).toBe(0);
  const events = stdout
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as { type: string; plan?: PlanSummary; result?: unknown });
  const plan = events.find(({ type }) => type === 'plan')?.plan;
  expect(plan).toMatchObject({ workingSize: [112, 64], keyframes: [0, 2, 4], controls: Array(3).fill({ type: 'canny', scale: 0.4 }) });
  // 3 steps, guidance pair, 2 layers of 28 x 16 tokens and 64 channels, 2 bytes
  expect(plan?.work.bank).toEqual({ each: 3 * 2 * 2 * 28 * 16 * 64 * 2, atOnce: 2, onDisk: 0, layers: [2, 6], precision: 'fp16' });
  expect(events.at(-1)).toMatchObject({ type: 'result', result: { frames: 5, keyframes: 3 } });
}, 60_000);
