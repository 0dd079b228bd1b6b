// Half-precision graphs: every network that denoises against its float32 one, and which numbers are which, as the graph's bytes say.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildNetwork } from '../../models/onnx/build.ts';
import { conv2d } from '../../models/onnx/conv-layers.ts';
import { linear } from '../../models/onnx/layers.ts';
import type { NetworkGraph } from '../../models/onnx/network-graph.ts';
import { openModelFolder } from '../../models/open/model-folder.ts';
import { openRuntime, type Runtime } from '../../models/runtime/runtime.ts';
import type { Tensor } from '../../models/tensor.ts';
import { openSafetensors } from '../../models/weights/safetensors.ts';
import { loraTensors, modulesOf } from '../support/adapters.ts';
import { writeClipModel } from '../support/clip-model.ts';
import { FLOAT, HALF, readOnnx } from '../support/read-onnx.ts';
import { safetensorsBytes } from '../support/safetensors.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { tinySd, writeFolder } from '../support/tiny-sd.ts';
import { tinyXl, writeXlControl, writeXlFolder } from '../support/tiny-xl.ts';
import { typedBytes } from '../support/typed-safetensors.ts';
import { feedOf } from './families.ts';
import { noise, runGraph, scalar } from './graphs.ts';

const folder = temporaryFolder();

const graphs = async (): Promise<Record<string, NetworkGraph>> => {
  const sd = await openModelFolder(writeFolder(join(folder, 'sd'), tinySd(1)), { unet: { thinKeys: true, shallowBlocks: 1 } });
  const modules = await modulesOf(join(folder, 'sd'), 'unet', /attn1\.to_q|resnets\.0\.conv1/);
  const tensors = loraTensors(modules, name => [`unet.${name}.lora_A.weight`, `unet.${name}.lora_B.weight`]);
  writeFileSync(join(folder, 'lora.safetensors'), safetensorsBytes(tensors));
  const loras = [{ path: join(folder, 'lora.safetensors'), weight: 0.7 }];
  const filter = { cutoff: 0.6, high: true };
  const sd2 = await openModelFolder(writeFolder(join(folder, 'sd2'), tinySd(2)), { unet: { freeuForms: [filter, filter] } });
  const changed = await openModelFolder(join(folder, 'sd'), { loras });
  const xl = tinyXl();
  const controls = [writeXlControl(join(folder, 'xl-control'), xl)];
  const sdxl = await openModelFolder(writeXlFolder(join(folder, 'xl'), xl), { controls });
  writeClipModel(join(folder, 'clip'));
  const clip = await openModelFolder(join(folder, 'clip'), {});
  return {
    'U-Net': sd.unet.graph,
    'U-Net, shallow': sd.unet.shallow!,
    'U-Net with a LoRA': changed.unet.graph,
    'U-Net, linear projections, a larger box of FreeU': sd2.unet.graph,
    'U-Net, SDXL-like': sdxl.unet.graph,
    'U-Net of clips': clip.unet.graph,
    ControlNet: sd.controls[0]!.graph,
    'ControlNet, SDXL-like': sdxl.controls[0]!.graph,
  };
};

const feedsOf = (graph: NetworkGraph, version = 2) => {
  const feeds = Object.fromEntries(graph.inputs.map(port => [port.name, feedOf(port)]));
  return 'freeu_version' in feeds ? { ...feeds, freeu_version: scalar(version) } : feeds;
};

const rms = (data: Float32Array): number => Math.sqrt(data.reduce((sum, v) => sum + v * v, 0) / data.length);

const apart = (a: Tensor, b: Tensor): number => rms(a.data.map((v, i) => v - b.data[i]!)) / rms(a.data);

let runtime: Runtime;
let made: Record<string, NetworkGraph>;
beforeAll(async () => {
  runtime = await openRuntime({ device: 'cpu', derived: false });
  made = await graphs();
});
afterAll(() => runtime.close());

describe.each([
  'U-Net',
  'U-Net, shallow',
  'U-Net with a LoRA',
  'U-Net, linear projections, a larger box of FreeU',
  'U-Net, SDXL-like',
  'U-Net of clips',
  'ControlNet',
  'ControlNet, SDXL-like',
])('%s', name => {
  // Attention in one operator, as on CUDA, or written out, as on WebGPU and DirectML.
  const ways = /^(U-Net|ControlNet)$/.test(name) ? (['plain', 'fused'] as const) : (['plain'] as const);
  test.each(ways)('computes what it does in float32, attention %s', async attention => {
    const graph = made[name]!;
    const { adapt: _, ...half } = graph.adapt!({ half: true, attention }); // the runtime would take the CPU's attention
    const feeds = feedsOf(graph, attention === 'plain' ? 1 : 2);
    const fetch = graph.outputs.map(port => port.name);
    const exact = await runGraph(runtime, graph, feeds, fetch);
    const fast = await runGraph(runtime, half as NetworkGraph, feeds, fetch);
    for (const output of fetch) {
      const off = apart(exact[output]!, fast[output]!);
      expect(fast[output]!.dims).toEqual(exact[output]!.dims);
      expect([output, off < 2e-2, off > 1e-6]).toEqual([output, true, true]);
    }
  });

  test('products are of halves, norms, softmax and means of float32, ports as ever', () => {
    const graph = made[name]!;
    const half = graph.adapt!({ half: true, attention: 'plain' });
    const { nodes, types } = readOnnx(half.bytes);
    for (const { op, type, name } of nodes) {
      if (/Normalization$|^Softmax$|^Reduce/.test(op)) expect([name, type]).toEqual([name, FLOAT]);
    }
    const single = /^(time_embedding|add_embedding|conv_out)\//;
    const weighted = nodes.filter(({ inputs }) => /\.weight(\.Cast(_\d+)?)?$/.test(inputs[1] ?? '') && !/Norm/.test(inputs[1]!));
    for (const { op, name, type } of weighted) {
      if (op === 'Conv' || op === 'Gemm') expect([name, type]).toEqual([name, single.test(name) ? FLOAT : HALF]);
    }
    expect(weighted.length).toBeGreaterThan(10);
    const madeBy = new Map(nodes.flatMap(node => node.outputs.map(output => [output, node])));
    const softmaxes = nodes.filter(({ op }) => op === 'Softmax');
    for (const { inputs } of softmaxes) expect(madeBy.get(inputs[0]!)).toMatchObject({ op: 'MatMul', type: FLOAT });
    expect(nodes.filter(({ op, type }) => op === 'MatMul' && type === HALF).length).toBeGreaterThanOrEqual(softmaxes.length);
    expect(half.inputs).toEqual(graph.inputs);
    expect(half.outputs).toEqual(graph.outputs);
    for (const { name } of half.outputs) expect([name, types.get(name)]).toEqual([name, FLOAT]);
  });
});

test('weights lie as the file has them where it has halves, and are rounded once where it has not', async () => {
  const exactly = (v: number): number => Math.round(v * 64) / 64 + 0; // in every float type; no -0
  const rounded = (name: string, dims: readonly number[]) => ({ dims, data: noise(name, dims).data.map(exactly) });
  const tensors = {
    'conv.weight': rounded('c', [8, 4, 3, 3]),
    'conv.bias': rounded('cb', [8]),
    'first.weight': rounded('f', [16, 8]),
    'first.bias': rounded('fb', [16]),
  };
  const x = noise('x', [2, 4, 6, 5]);
  const results = [];
  for (const dtype of ['F16', 'F32', 'BF16'] as const) {
    const file = join(folder, `${dtype}.safetensors`);
    writeFileSync(file, typedBytes(tensors, dtype));
    const graph = buildNetwork('small', await openSafetensors(file), g => {
      const maps = conv2d(g, g.input('x', ['batch', 4, 'height', 'width']), 'conv', { out: 8 });
      g.output('out', linear(g, maps.transpose(0, 2, 3, 1).reshape(0, -1, 8), 'first', { out: 16 }));
    });
    const half = graph.adapt!({ half: true });
    const { initializers, nodes } = readOnnx(half.bytes);
    if (dtype === 'F16') {
      for (const name of ['conv.weight', 'first.weight']) expect([name, initializers.get(name)]).toEqual([name, HALF]);
    }
    for (const { op, type } of nodes) if (op === 'Conv' || op === 'Gemm') expect(type).toBe(HALF);
    results.push((await runGraph(runtime, half, { x })).out!);
    expect(apart((await runGraph(runtime, graph, { x })).out!, results[0]!)).toBeLessThan(2e-3);
  }
  expect(results[1]).toEqual(results[0]);
  expect(results[2]).toEqual(results[0]);
});
