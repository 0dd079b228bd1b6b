import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildNetwork } from '../../models/onnx/build.ts';
import { linear } from '../../models/onnx/layers.ts';
import type { NetworkGraph } from '../../models/onnx/network-graph.ts';
import { openRuntime, type Runtime } from '../../models/runtime/runtime.ts';
import { type Tensor, tensor } from '../../models/tensor.ts';
import { mergeLoras } from '../../models/weights/lora/merge.ts';
import { openLora } from '../../models/weights/lora/read.ts';
import { readNumbers } from '../../models/weights/numbers.ts';
import { openSafetensors } from '../../models/weights/safetensors.ts';
import type { WeightSource } from '../../models/weights/weight-source.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { FLOAT_TYPES, typedBytes } from '../support/typed-safetensors.ts';
import { noise, runGraph } from './graphs.ts';

const folder = temporaryFolder();
let files = 0;
const write = async (bytes: Buffer): Promise<string> => {
  const path = join(folder, `typed-${files++}.safetensors`);
  await writeFile(path, bytes);
  return path;
};

let runtime: Runtime;
beforeAll(async () => {
  runtime = await openRuntime({ device: 'cpu' });
});
afterAll(() => runtime.close());

describe.each(FLOAT_TYPES)('files of %s', dtype => {
  const whole = (name: string, dims: readonly number[]): Tensor => {
    const { data } = noise(name, dims);
    return tensor(
      dims,
      data.map(v => Math.round(v * 4) / 4),
    );
  };

  test('are read as numbers', async () => {
    const values = [0, 1, -2.5, 0.25, 3, -96];
    const { tensors } = await openSafetensors(await write(typedBytes({ a: tensor([6], Float32Array.from(values)) }, dtype)));
    expect(await readNumbers(tensors[0]!)).toEqual(values);
  });

  test.each(FLOAT_TYPES)('merged into a model of %s: the sum is float32', async base => {
    const weight = whole('w', [3, 4]);
    const build = (source: WeightSource): NetworkGraph =>
      buildNetwork('typed', source, g => g.output('out', linear(g, g.input('x', [4, 4]), 'a', { out: 3, bias: false })));
    const [up, down] = [whole('u', [3, 2]), whole('d', [2, 4])];
    const content = { 'a.lora.up.weight': up, 'a.lora.down.weight': down, 'a.alpha': tensor([], Float32Array.of(0.5)) };
    const path = await write(typedBytes(content, dtype));
    const weights = await openSafetensors(await write(typedBytes({ 'a.weight': weight }, base)));
    const merged = mergeLoras({ unet: { weights, build } }, [await openLora({ path, weight: 2 ** -14 })], 'the model');
    const identity = tensor(
      [4, 4],
      Float32Array.from({ length: 16 }, (_, i) => (i % 5 === 0 ? 1 : 0)),
    );
    const { out } = await runGraph(runtime, build(merged.unet), { x: identity }); // [4, 3]: W' transposed
    for (let o = 0; o < 3; o++) {
      for (let c = 0; c < 4; c++) {
        const product = up.data[o * 2]! * down.data[c]! + up.data[o * 2 + 1]! * down.data[4 + c]!;
        expect(out!.data[c * 3 + o]).toBe(Math.fround(weight.data[o * 4 + c]! + (2 ** -14 * 0.5 * product) / 2)); // too fine for 16 bits
      }
    }
  });
});
