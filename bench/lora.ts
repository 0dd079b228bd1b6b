// What merging a LoRA into a U-Net of Stable Diffusion 1.5's shapes costs when a session is opened:
// bytes that change, seconds, memory at the peak.
//   npx tsx bench/lora.ts [FOLDER]     writes 3.6 GB there (default: a temporary folder, removed at the end)
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { env, execArgv, execPath } from 'node:process';
import { fileURLToPath } from 'node:url';
import { openNetworkFolder } from '../models/networks/folder.ts';
import { unetConfig } from '../models/networks/unet-config.ts';
import { unet2d } from '../models/networks/unet2d.ts';
import type { NetworkGraph } from '../models/onnx/network-graph.ts';
import type { Feeds } from '../models/runtime/calls.ts';
import { openRuntime } from '../models/runtime/runtime.ts';
import { elements } from '../models/tensor.ts';
import { mergeLoras } from '../models/weights/lora/merge.ts';
import { openLora } from '../models/weights/lora/read.ts';
import { type Shapes, shapesOf } from '../models/weights/shapes-of.ts';
import type { WeightSource } from '../models/weights/weight-source.ts';
import { writeWeights } from '../pipeline/bench/random-weights.ts';

const CONFIG = { _class_name: 'UNet2DConditionModel', cross_attention_dim: 768, attention_head_dim: 8 };
const RANK = 64; // LCM-LoRA's

/** Which weights a LoRA changes: attention as DreamBooth's scripts do, or every layer as LCM-LoRA does. */
const REACH: Readonly<Record<string, (name: string) => boolean>> = {
  none: () => false,
  attention: name => /\.attn[12]\.to_/.test(name),
  everything: name => !/^conv_(in|out)\./.test(name),
};

const build = (weights: WeightSource) => unet2d(unetConfig({ file: 'config.json', values: CONFIG }), weights);

const loraShapes = (shapes: Shapes, wanted: (name: string) => boolean): Shapes => {
  const matrices: Shapes = new Map();
  for (const [name, [out = 1, ...rest]] of shapes) {
    if (!name.endsWith('.weight') || rest.length === 0 || !wanted(name)) continue;
    const module = `lora_unet_${name.replace(/\.weight$/, '').replaceAll('.', '_')}`;
    matrices.set(`${module}.lora_down.weight`, [RANK, ...rest]);
    matrices.set(`${module}.lora_up.weight`, [out, RANK, ...rest.slice(1).map(() => 1)]);
  }
  return matrices;
};

const SIZES: Readonly<Record<string, number>> = { batch: 2, tokens: 77, height: 8, width: 8, timesteps: 1 };

/** Inputs of a small step: a guidance pair, no ControlNet, no other frames. */
const feedsOf = (graph: NetworkGraph): Feeds =>
  Object.fromEntries(
    graph.inputs.map(({ name, dtype, dims: wanted }) => {
      const dims = wanted.map(dim => (typeof dim === 'number' ? dim : (SIZES[dim] ?? (dim.endsWith('.tokens') ? 0 : 1))));
      const count = elements(dims);
      return [
        name,
        dtype === 'int64' ? { dims, data: new BigInt64Array(count).fill(64n) } : { dims, data: new Float32Array(count).fill(0.1) },
      ];
    }),
  );

/** One measurement in a process of its own, as peaks of memory do not go down again. */
const measure = async (folder: string, reach: string): Promise<void> => {
  const { config, weights } = await openNetworkFolder(join(folder, 'unet'));
  const loras = reach === 'none' ? [] : [await openLora({ path: join(folder, `${reach}.safetensors`), weight: 0.8 })];
  const merged = mergeLoras({ unet: { weights, build } }, loras, 'the model');
  const began = performance.now();
  const graph = unet2d(unetConfig(config), merged.unet);
  const built = performance.now();
  const runtime = await openRuntime({ device: 'cpu' });
  const cpu = process.cpuUsage();
  const network = await runtime.load(graph);
  const { user } = process.cpuUsage(cpu);
  const seconds = (performance.now() - built) / 1000;
  const memory = process.memoryUsage().rss;
  await network.run(feedsOf(graph), ['eps']);
  const step = process.cpuUsage();
  await network.run(feedsOf(graph), ['eps']);
  const stepSeconds = process.cpuUsage(step).user / 1e6;
  console.log(
    [
      reach.padEnd(10),
      `${merged.texts.length} weights changed`,
      `graph ${((built - began) / 1000).toFixed(2)} s, ${(graph.bytes.length / 1e6).toFixed(1)} MB`,
      `session ${seconds.toFixed(1)} s (${(user / 1e6).toFixed(1)} s of CPU)`,
      `${(memory / 1e9).toFixed(2)} GB held, ${((process.resourceUsage().maxRSS * 1024) / 1e9).toFixed(2)} GB at the peak`,
      // A merge that is not done when the session is opened shows here.
      `a step of 64x64 pixels takes ${stepSeconds.toFixed(2)} s of CPU`,
    ].join('; '),
  );
  await runtime.close();
};

const [, , modelFolder, reach] = process.argv;
if (modelFolder !== undefined && reach !== undefined) await measure(modelFolder, reach);
else {
  const folder = modelFolder ?? mkdtempSync(join(tmpdir(), 'rerender-lora-'));
  try {
    const shapes = shapesOf(build);
    mkdirSync(join(folder, 'unet'), { recursive: true });
    writeFileSync(join(folder, 'unet', 'config.json'), JSON.stringify(CONFIG));
    await writeWeights(join(folder, 'unet', 'diffusion_pytorch_model.safetensors'), shapes);
    for (const [name, wanted] of Object.entries(REACH)) {
      const matrices = [...shapes].filter(([weight, dims]) => dims.length > 1 && wanted(weight)).map(([, dims]) => elements(dims));
      if (matrices.length > 0) await writeWeights(join(folder, `${name}.safetensors`), loraShapes(shapes, wanted));
      console.log(`${name}: ${(matrices.reduce((sum, n) => sum + n, 0) / 1e6).toFixed(1)} M numbers change`);
    }
    for (const name of Object.keys(REACH)) {
      execFileSync(execPath, [...execArgv, fileURLToPath(import.meta.url), folder, name], { stdio: 'inherit', env });
    }
  } finally {
    if (modelFolder === undefined) rmSync(folder, { recursive: true, force: true });
  }
}
