// Times Stable Diffusion 1.5's networks here and in torch, in turn: the U-Net for a guidance pair, the autoencoder's halves.
//   npx tsx bench/torch.ts [--python PATH] [--model FOLDER] [--size 512] [--rounds 2] [--runs 2] [--parts unet,decoder,encoder]
//     [--freeu]
// PATH is a Python with torch and diffusers; without it this program's modes alone are timed. Without FOLDER random weights are written
// to a temporary one (4.3 GB). One run of each before the first round is not counted. A turn is two runs in a row, as steps follow each
// other: the first may wait for pages of weights that the system took while others had their turn. Seconds are the smallest of all; each
// mode's line has its ratios to torch. `--freeu` adds each mode of the U-Net without FreeU's operators, and what they multiply.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Sizes } from '../models/onnx/dims.ts';
import type { NetworkGraph } from '../models/onnx/network-graph.ts';
import { quantiseKinds } from '../models/onnx/quantised/rule.ts';
import { openModelFolder } from '../models/open/model-folder.ts';
import { lazyNetwork } from '../models/runtime/lazy-network.ts';
import { openRuntime } from '../models/runtime/runtime.ts';
import { writeRandomModel } from '../pipeline/bench/random-model.ts';
import { SHAPED } from '../pipeline/bench/shapes.ts';
import { feedsOf } from './feeds.ts';

const { values } = parseArgs({
  options: {
    python: { type: 'string' },
    model: { type: 'string' },
    size: { type: 'string', default: '512' },
    rounds: { type: 'string', default: '2' },
    runs: { type: 'string', default: '2' },
    parts: { type: 'string', default: 'unet,decoder,encoder' },
    threads: { type: 'string', default: String(availableParallelism()) },
    freeu: { type: 'boolean', default: false },
  },
});
const [side, threads] = [Number(values.size), Number(values.threads)];
const [rounds, runs] = [Number(values.rounds), Number(values.runs)];

/** A way to run a part; `run` yields seconds. */
type Row = { readonly name: string; readonly run: () => Promise<number>; readonly products?: number; seconds: number };

const runtime = await openRuntime({ device: 'cpu', threads });

/** How many keys the self-attentions of SD 1.5's way up have. */
const keysOf = (latent: number, thinned: boolean): Sizes => {
  const counts = [(latent / 4) ** 2, (latent / 2) ** 2, latent ** 2 / (thinned ? 4 : 1)];
  return Object.fromEntries(counts.flatMap((count, i) => [0, 1, 2].map(j => [`keys.${3 * i + j}.tokens`, count])));
};

/** Multiplications of a run. */
const total = (graph: NetworkGraph, sizes: Sizes): number =>
  Object.values(graph.adapt!({ sizes, convolution: runtime.convolution }).products!(sizes) ?? {}).reduce((sum, n) => sum + n, 0);

const here = (name: string, graph: NetworkGraph, sizes: Sizes, output: string): Row => {
  const network = lazyNetwork(runtime, graph);
  const feeds = feedsOf(graph, sizes);
  const run = async (): Promise<number> => {
    const begin = performance.now();
    await network.run(feeds, [output]);
    return (performance.now() - begin) / 1000;
  };
  const products = total(graph, { ...sizes, ...keysOf(sizes.height!, name.startsWith('fast')) });
  return { name, run, products, seconds: Number.POSITIVE_INFINITY };
};

/** A Python that answers a line for each line. */
const openTorch = async (python: string): Promise<{ child: ChildProcess; ask: (line: string) => Promise<Record<string, unknown>> }> => {
  const script = fileURLToPath(new URL('torch.py', import.meta.url));
  const child = spawn(python, [script, String(side), String(threads)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  const read = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error(`${python} ended: it needs torch and diffusers`);
    return JSON.parse(value) as Record<string, unknown>;
  };
  console.log(`torch ${(await read()).torch}`);
  return {
    child,
    ask: line => {
      child.stdin!.write(`${line}\n`);
      return read();
    },
  };
};

const torch = values.python === undefined ? undefined : await openTorch(values.python);
const there = (part: string): Row[] =>
  torch
    ? ['float32', 'bfloat16'].map(dtype => ({
        name: `torch ${dtype}`,
        run: async () => Number((await torch.ask(`${part} ${dtype}`)).seconds),
        seconds: Number.POSITIVE_INFINITY,
      }))
    : [];

const compare = async (part: string, rows: readonly Row[]): Promise<void> => {
  for (const row of rows) await row.run(); // opens, and touches memory for the first time
  for (let round = 1; round <= rounds; round++) {
    const times: string[] = [];
    for (const row of rows) {
      const turn: number[] = [];
      for (let run = 0; run < runs; run++) turn.push(await row.run());
      row.seconds = Math.min(row.seconds, ...turn);
      times.push(`${row.name} ${turn.map(seconds => seconds.toFixed(2)).join(' ')} s`);
    }
    console.log(`${part}, round ${round}: ${times.join(', ')}`);
  }
  for (const { name, seconds, products } of rows) {
    const others = rows.filter(other => other.products === undefined && products !== undefined);
    const ratios = others.map(other => `${(other.seconds / seconds).toFixed(2)}x ${other.name}`);
    const work = products === undefined ? [] : [`${((2 * products) / 1e9).toFixed(1)} GFLOP`];
    console.log([`${part} ${name}: ${seconds.toFixed(2)} s`, ...work, ...ratios].join(', '));
  }
};

const unetRows = async (folder: string, latent: number): Promise<Row[]> => {
  const sizes: Sizes = { batch: 2, pictures: 1, height: latent, width: latent, tokens: 77 };
  const modes = values.freeu ? ([{}, { freeu: 'off' }] as const) : ([{}] as const);
  const rows: Row[] = [];
  for (const options of modes) {
    const without = 'freeu' in options ? ' without FreeU' : '';
    const [exact, thinned] = [
      await openModelFolder(folder, { unet: options }),
      await openModelFolder(folder, { unet: { ...options, thinKeys: true } }),
    ];
    rows.push(here(`exact${without}`, exact.unet.graph, sizes, 'eps'));
    const fast = thinned.unet.graph.adapt!({ quantise: quantiseKinds(['linear', 'convolution']) });
    rows.push(here(`fast${without}`, fast, sizes, 'eps'));
  }
  return [...rows, ...there('unet')];
};

const main = async (folder: string): Promise<void> => {
  const { autoencoder } = await openModelFolder(folder);
  const parts = values.parts.split(',');
  const latent = side / autoencoder.factor;
  const of = (size: number): Sizes => ({ batch: 1, height: size, width: size });
  if (parts.includes('unet')) await compare('U-Net', await unetRows(folder, latent));
  if (parts.includes('decoder')) await compare('decoder', [here('exact', autoencoder.decoder, of(latent), 'image'), ...there('decoder')]);
  if (parts.includes('encoder')) await compare('encoder', [here('exact', autoencoder.encoder, of(side), 'mean'), ...there('encoder')]);
};

const folder = values.model ?? mkdtempSync(join(tmpdir(), 'torch-bench-'));
try {
  if (values.model === undefined) await writeRandomModel(folder, SHAPED.sd15);
  await main(folder);
} finally {
  if (values.model === undefined) rmSync(folder, { recursive: true });
  await runtime.close();
  if (torch) {
    torch.child.stdin!.end();
    if (torch.child.exitCode === null) await once(torch.child, 'exit');
  }
}
