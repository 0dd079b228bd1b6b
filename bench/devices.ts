// A device against the CPU, in some minutes: agreement, seconds, and memory, in both precisions. Prints rows of the table of
// docs/devices.md.
//   npx tsx bench/devices.ts [--device cuda] [--size 512] [--runs 5] [--models sd15,embedded] [--tokens 0]
// Without --device the one that `auto` takes. Stable Diffusion 1.5 has random weights in its shapes (4.3 GB in a temporary folder), so
// its figures are of time and memory, and its agreement is that of arithmetic, not of pictures. `--tokens 4096` feeds states of other
// frames.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { embeddedModel } from '../config/paths.ts';
import type { NetworkGraph } from '../models/onnx/network-graph.ts';
import { openModelFolder } from '../models/open/model-folder.ts';
import { describeDevices } from '../models/runtime/describe-devices.ts';
import type { DeviceName } from '../models/runtime/devices.ts';
import { openRuntime, type Runtime } from '../models/runtime/runtime.ts';
import type { Tensor } from '../models/tensor.ts';
import { writeRandomModel } from '../pipeline/bench/random-model.ts';
import { SHAPED } from '../pipeline/bench/shapes.ts';
import { feedsOf } from './feeds.ts';

const { values } = parseArgs({
  options: {
    device: { type: 'string' },
    size: { type: 'string', default: '512' },
    runs: { type: 'string', default: '5' },
    models: { type: 'string', default: 'sd15,embedded' },
    tokens: { type: 'string', default: '0' },
  },
});
const [size, runs, tokens] = [Number(values.size), Number(values.runs), Number(values.tokens)];
const MEBI = 2 ** 20;

/** Bytes of the card's memory in use, all processes together, where `nvidia-smi` says it; else what this process holds. */
const memoryInUse = (): number => {
  try {
    const text = execFileSync('nvidia-smi', ['--query-gpu=memory.used', '--format=csv,noheader,nounits'], { encoding: 'utf8' });
    return MEBI * Math.max(...text.trim().split('\n').map(Number));
  } catch {
    const [, kilobytes = '0'] = /VmRSS:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
    return 1024 * Number(kilobytes);
  }
};

type Measured = {
  readonly output: Tensor;
  /** Opening and the first run, and the quickest of the later ones. */
  readonly first: number;
  readonly each: number;
  readonly memory: number;
};

const seconds = async <T>(work: () => Promise<T>): Promise<readonly [T, number]> => {
  const begin = performance.now();
  return [await work(), (performance.now() - begin) / 1000];
};

const measure = async (runtime: Runtime, graph: NetworkGraph, sizes: Record<string, number>, count: number): Promise<Measured> => {
  const [output = ''] = graph.outputs.map(({ name }) => name);
  const feeds = feedsOf(graph, { ...sizes, ...Object.fromEntries(Array.from({ length: 32 }, (_, j) => [`bank.${j}.tokens`, tokens])) });
  const before = memoryInUse();
  const [network, opening] = await seconds(() => runtime.load(graph));
  const [answer, first] = await seconds(() => network.run(feeds, [output]));
  const times: number[] = [];
  for (let i = 0; i < count; i++) times.push((await seconds(() => network.run(feeds, [output])))[1]);
  const memory = memoryInUse() - before;
  await network.close();
  return { output: answer[output]!, first: opening + first, each: Math.min(...times, ...(count === 0 ? [first] : [])), memory };
};

/** rms(a - b) / rms(b). */
const apart = ({ data: a }: Tensor, { data: b }: Tensor): number => {
  let [difference, power] = [0, 0];
  for (let i = 0; i < b.length; i++) {
    difference += (a[i]! - b[i]!) ** 2;
    power += b[i]! ** 2;
  }
  return Math.sqrt(difference / power);
};

const row = (cells: readonly string[]): void => console.log(`| ${cells.join(' | ')} |`);

const found = await describeDevices();
const wanted = values.device ?? found.find(({ auto }) => auto)!.device;
const described = found.find(({ device }) => device === wanted.split(':')[0]);
const fast = described?.precisions.includes('fast') === true && wanted !== 'cpu';
console.log(`${wanted}: ${described?.adapters.map(({ name }) => name).join('; ') || 'unnamed'}; onnxruntime on Node.js ${process.version}`);
if (!fast) console.log('half precision: not on this device');

const folder = mkdtempSync(join(tmpdir(), 'rerender-devices-'));
try {
  row(['model', 'network', 'precision', 'first run, s', 'each, s', 'cpu, s', 'apart from cpu', 'memory, GB']);
  row(Array<string>(8).fill('---'));
  for (const name of values.models.split(',')) {
    if (name === 'sd15') await writeRandomModel(join(folder, name), SHAPED.sd15);
    const { unet, autoencoder } = await openModelFolder(name === 'sd15' ? join(folder, name) : embeddedModel, {});
    const sides = { height: Math.ceil(size / autoencoder.factor), width: Math.ceil(size / autoencoder.factor) };
    const parts = [
      { part: 'U-Net, guidance pair', graph: unet.graph, sizes: { batch: 2, pictures: 1, timesteps: 1, tokens: 77, ...sides } },
      { part: 'decoder', graph: autoencoder.decoder, sizes: { batch: 1, ...sides } },
    ];
    for (const { part, graph, sizes } of parts) {
      const on = async (device: string, network: NetworkGraph, count: number): Promise<Measured> => {
        const runtime = await openRuntime({ device: device as DeviceName });
        try {
          return await measure(runtime, network, sizes, count);
        } finally {
          await runtime.close();
        }
      };
      const cpu = await on('cpu', graph, 1);
      const ways = fast && part !== 'decoder' ? [false, true] : [false];
      for (const half of ways) {
        const there = await on(wanted, graph.adapt!({ half }), runs);
        const figures = [there.first, there.each, cpu.each].map(value => value.toPrecision(3));
        row([
          name,
          part,
          half ? 'fast' : 'exact',
          ...figures,
          apart(there.output, cpu.output).toExponential(1),
          (there.memory / 1e9).toFixed(1),
        ]);
      }
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
