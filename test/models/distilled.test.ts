import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { embeddedModel } from '../../config/paths.ts';
import { makeConditioning, openConditioning } from '../../models/conditioning.ts';
import { guidanceEmbedding } from '../../models/denoise/guidance-embedding.ts';
import type { DenoiseRequest } from '../../models/denoise-request.ts';
import { type DiffusionModel, openDiffusionModel } from '../../models/diffusion-model.ts';
import { gaussian } from '../../models/math/random.ts';
import { openRuntime, type Runtime } from '../../models/runtime/runtime.ts';
import { elements, type Tensor, tensor } from '../../models/tensor.ts';

const WIDTH = 8;

/** A safetensors file with one more float32 tensor in front of the others. */
const withTensor = (file: Buffer, name: string, { dims, data }: Tensor): Buffer => {
  const end = 8 + Number(file.readBigUInt64LE());
  const header = JSON.parse(file.subarray(8, end).toString()) as Record<string, { data_offsets?: [number, number] }>;
  for (const entry of Object.values(header)) entry.data_offsets = entry.data_offsets?.map(at => at + data.byteLength) as [number, number];
  const text = Buffer.from(JSON.stringify({ ...header, [name]: { dtype: 'F32', shape: dims, data_offsets: [0, data.byteLength] } }));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text, Buffer.from(data.buffer, data.byteOffset, data.byteLength), file.subarray(end)]);
};

let runtime: Runtime;
let root: string;
let model: DiffusionModel;
let base: DenoiseRequest;
const denoise = (change: Partial<DenoiseRequest> = {}): Promise<Tensor> => model.denoise({ ...base, ...change });

beforeAll(async () => {
  runtime = await openRuntime({ device: 'cpu' });
  root = mkdtempSync(join(tmpdir(), 'rerender-distilled-'));
  for (const part of ['vae', 'text_encoder', 'tokenizer', 'scheduler', 'controlnet'])
    symlinkSync(join(embeddedModel, part), join(root, part));
  cpSync(join(embeddedModel, 'unet'), join(root, 'unet'), { recursive: true });
  const config = join(root, 'unet', 'config.json');
  writeFileSync(config, JSON.stringify({ ...JSON.parse(readFileSync(config, 'utf8')), time_cond_proj_dim: WIDTH }));
  const weights = join(root, 'unet', 'diffusion_pytorch_model.safetensors');
  const projection = gaussian({ seed: 3, purpose: 'projection' }, [64, WIDTH]);
  writeFileSync(weights, withTensor(readFileSync(weights), 'time_embedding.cond_proj.weight', projection));
  model = await openDiffusionModel(root, { runtime });
  const { conditioning } = await model.encodeText(['', 'a watercolor painting']);
  const dims = [1, 32, 4, 6];
  base = {
    conditioning,
    noise: gaussian({ seed: 1, purpose: 'start' }, dims),
    steps: 2,
    sampler: 'lcm',
    stochastic: { noise: ({ index }) => gaussian({ seed: 1, purpose: 'step', step: index }, dims) },
    controls: [{ image: tensor([1, 3, 32, 48]) }],
  };
});
afterAll(async () => {
  await runtime.close();
  rmSync(root, { recursive: true });
});

describe('a distilled U-Net', () => {
  test('refuses guidance by bands, as it adds none', async () => {
    await expect(denoise({ guidanceBands: { low: 2, high: 4 } })).rejects.toThrow(/--cfg-low and --cfg-high .* this U-Net is distilled/);
  });

  test('is told of guidance, and never sees the negative prompt', async () => {
    const plain = await denoise({ guidance: 4 });
    const { dims, data } = openConditioning(base.conditioning).states;
    const states = tensor(dims, data.slice());
    states.data.subarray(0, elements(dims) / 2).fill(0.5);
    expect((await denoise({ guidance: 4, conditioning: makeConditioning({ states }) })).data).toEqual(plain.data);
    const stronger = await denoise({ guidance: 9 });
    expect(stronger.data.some((v, i) => Math.abs(v - plain.data[i]!) > 1e-3)).toBe(true);
  });
});

test('the embedding of guidance: sines, cosines, and a zero at the end of an odd width', () => {
  const { dims, data } = guidanceEmbedding(1.5, 2, 5); // w = 0.5; frequencies 1 and 1e-4
  expect(dims).toEqual([2, 5]);
  const row = [Math.sin(500), Math.sin(0.05), Math.cos(500), Math.cos(0.05), 0].map(Math.fround);
  expect([...data]).toEqual([...row, ...row]);
});
