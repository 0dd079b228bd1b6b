// Weights that are computed once and kept in files: what is found, what is made anew, what goes, and that the numbers stay the same.
import { existsSync, readdirSync, readFileSync, statSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildNetwork } from '../../models/onnx/build.ts';
import { conv2d, doubledConv2d } from '../../models/onnx/conv-layers.ts';
import type { Form } from '../../models/onnx/convolution/form.ts';
import { linear, toTokens } from '../../models/onnx/layers.ts';
import type { NetworkGraph } from '../../models/onnx/network-graph.ts';
import { derivedFiles } from '../../models/runtime/derived-weights.ts';
import { lazyNetwork } from '../../models/runtime/lazy-network.ts';
import { openRuntime, type Runtime } from '../../models/runtime/runtime.ts';
import { afterEach, insteadOf } from '../../models/runtime/turns.ts';
import type { Tensor } from '../../models/tensor.ts';
import { openSafetensors } from '../../models/weights/safetensors.ts';
import type { Weight, WeightSource } from '../../models/weights/weight-source.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { typedBytes } from '../support/typed-safetensors.ts';
import { difference, noise, runGraph, weightsOf } from './graphs.ts';

const CHANNELS = 7;
const folder = temporaryFolder();
const x = noise('x', [1, CHANNELS, 9, 10]);
const opened: Runtime[] = [];
const open = async (derived: { folder: string; limit: number } | false): Promise<Runtime> => {
  const runtime = await openRuntime({ device: 'cpu', threads: 1, derived });
  opened.push(runtime);
  return runtime;
};
let folding: Runtime;
let weights: WeightSource;
beforeAll(async () => {
  folding = await open(false);
  const even = ({ dims, data }: Tensor): Tensor => ({ dims, data: data.map(value => Math.round(value * 16) / 128 + 0) });
  const tensors = {
    'a.weight': even(noise('a', [CHANNELS, CHANNELS, 3, 3])),
    'b.weight': even(noise('b', [5, CHANNELS, 3, 3])),
    'up.weight': noise('up', [5, 2]),
    'down.weight': noise('down', [2, CHANNELS * 9]),
  };
  weights = await weightsOf(tensors);
  writeFileSync(join(folder, 'half.safetensors'), typedBytes(tensors, 'F16'));
});
afterAll(() => Promise.all(opened.map(runtime => runtime.close())));

/** Two convolutions, the second behind a doubling. */
const network = (form: Form, source = weights): NetworkGraph =>
  buildNetwork(
    'two',
    source,
    g => {
      const plain = { out: CHANNELS, bias: false };
      g.output('y', doubledConv2d(g, conv2d(g, g.input('x', x.dims), 'a', plain), 'b', { ...plain, out: 5 }));
    },
    { convolution: ({ doubled }) => (form === 'phases' && !doubled ? 2 : form) },
  );

const shelfOf = (name: string): { folder: string; limit: number } => ({ folder: join(folder, name, 'derived'), limit: 1e9 });
const run = async (runtime: Runtime, graph: NetworkGraph): Promise<Tensor> => (await runGraph(runtime, graph, { x })).y as Tensor;
const inodes = (at: string): string[] =>
  readdirSync(at)
    .map(name => `${name} ${statSync(join(at, name)).ino}`)
    .sort();

describe.each([
  [4, 2],
  ['phases', 5],
] as const)('form %s', (form, count) => {
  const shelf = shelfOf(`form ${form}`);

  test('computes in files what it would compute in memory, once', async () => {
    const expected = await run(folding, network(form));
    expect(difference(await run(folding, network('direct')), expected)).toBeLessThan(5e-5);
    expect(difference(await run(await open(shelf), network(form)), expected)).toBe(0);
    const first = inodes(shelf.folder);
    expect(first.length).toBe(count);
    expect(difference(await run(await open(shelf), network(form)), expected)).toBe(0);
    expect(inodes(shelf.folder)).toEqual(first);
  });

  test('a graph that has them computes none, and names their places', async () => {
    const graph = network(form);
    const names = graph.derived!.map(({ name }) => name);
    expect(names.length).toBe(count);
    const places = new Map(
      graph.derived!.map(({ name, dims }) => [
        name,
        { name, dtype: 'F32' as const, dims, file: join(folder, 'no.f32'), offset: 0, length: 4 },
      ]),
    );
    const text = ({ bytes }: NetworkGraph): string => Buffer.from(bytes).toString('latin1');
    expect([text(graph).includes('Gemm'), text(graph).includes('no.f32')]).toEqual([true, false]);
    const placed = graph.adapt!({ derived: places });
    expect([text(placed).includes('Gemm'), text(placed).includes('no.f32')]).toEqual([false, true]);
    expect(placed.products!()).toEqual(graph.products!());
  });
});

test('half-precision weights and those that a LoRA changes are others, and right', async () => {
  const shelf = shelfOf('kinds');
  const runtime = await open(shelf);
  const half = await openSafetensors(join(folder, 'half.safetensors'));
  const [up, down] = ['up.weight', 'down.weight'].map((name, i) => weights.find(name, i === 0 ? [5, 2] : [2, CHANNELS * 9]) as Weight);
  const withLora = (factor: number): WeightSource => ({
    ...weights,
    find: (name, dims) => {
      const found = weights.find(name, dims);
      return found && name === 'b.weight' ? { ...found, changes: [{ up: up!, down: down!, factor }] } : found;
    },
  });
  const results: Tensor[] = [];
  for (const [i, source] of [weights, half, withLora(0.5), withLora(-1)].entries()) {
    results.push(await run(runtime, network(4, source)));
    expect(difference(results[i]!, await run(folding, network(4, source)))).toBe(0);
  }
  expect(difference(results[1]!, results[0]!)).toBe(0); // the numbers are those that a half holds
  expect(difference(results[2]!, results[3]!)).toBeGreaterThan(0.01);
  expect(readdirSync(shelf.folder).length).toBe(2 + 2 + 1 + 1); // the first convolution is that of the model
});

test('whole numbers of layers and convolutions are files of bytes and of scales, with LoRAs of their own', async () => {
  const layers = (source: WeightSource): NetworkGraph =>
    buildNetwork(
      'whole',
      source,
      g => {
        const plain = { out: CHANNELS, bias: false };
        const y = conv2d(g, conv2d(g, g.input('x', x.dims), 'a', plain), 'b', { ...plain, out: 5 });
        g.output('y', linear(g, toTokens(y), 'up', { out: 2, bias: false }));
      },
      { quantise: () => true },
    );
  const shelf = shelfOf('whole numbers');
  const source = await weightsOf({
    'a.weight': noise('a', [CHANNELS, CHANNELS, 3, 3]),
    'b.weight': noise('b', [5, CHANNELS, 3, 3]),
    'up.weight': noise('up', [2, 5]),
    'left.weight': noise('left', [2, 3]),
    'right.weight': noise('right', [3, 5]),
  });
  const changed: WeightSource = {
    ...source,
    find: (name, dims) => {
      const found = source.find(name, dims);
      const [up, down] = ['left.weight', 'right.weight'].map(each => source.find(each, []) as Weight);
      return found && name === 'up.weight' ? { ...found, changes: [{ up: up!, down: down!, factor: 2 }] } : found;
    },
  };
  const results: Tensor[] = [];
  for (const each of [source, changed]) {
    results.push(await run(await open(shelf), layers(each)));
    expect(difference(results.at(-1)!, await run(folding, layers(each)))).toBe(0);
    expect(difference(await run(await open(shelf), layers(each)), results.at(-1)!)).toBe(0);
  }
  expect(difference(results[0]!, results[1]!)).toBeGreaterThan(0.01);
  const ends = readdirSync(shelf.folder).map(name => name.split('.').at(-1));
  expect([ends.filter(end => end === 'i8').length, ends.filter(end => end === 'f32').length]).toEqual([4, 4]);
  expect((await derivedFiles(shelf.folder)).length).toBe(8);
});

test.each<[what: string, damage: (file: string) => void]>([
  ['cut short', file => truncateSync(file, 100)],
  ['emptied', file => truncateSync(file, 0)],
  [
    'full of zeros, of its own length',
    file => {
      const { size } = statSync(file);
      truncateSync(file, 0);
      truncateSync(file, size);
    },
  ],
])('a file that is %s is written anew', async (what, damage) => {
  const shelf = shelfOf(what);
  const expected = await run(await open(shelf), network(4));
  const [file] = (await derivedFiles(shelf.folder)).map(({ path }) => path);
  const content = readFileSync(file!);
  damage(file!);
  expect(difference(await run(await open(shelf), network(4)), expected)).toBe(0);
  expect(readFileSync(file!).equals(content)).toBe(true);
});

test('two runs that write at once leave whole files and nothing else', async () => {
  const shelf = shelfOf('at once');
  const [a, b] = await Promise.all([open(shelf), open(shelf)]);
  const [left, right] = await Promise.all([run(a, network(4)), run(b, network(4))]);
  expect(difference(left, right)).toBe(0);
  expect(readdirSync(shelf.folder).filter(name => !name.endsWith('.f32'))).toEqual([]);
  expect(readdirSync(shelf.folder).length).toBe(2);
});

test('a folder that cannot be made leaves the weights to the session', async () => {
  writeFileSync(join(folder, 'occupied'), '');
  const shelf = { folder: join(folder, 'occupied', 'derived'), limit: 1e9 };
  expect(difference(await run(await open(shelf), network(4)), await run(folding, network(4)))).toBe(0);
  expect(existsSync(shelf.folder)).toBe(false);
});

test('beyond the limit the longest unused go, those in use stay', async () => {
  const shelf = shelfOf('limit');
  await run(await open(shelf), network(4));
  const [old, stale] = (await derivedFiles(shelf.folder)).map(({ path }) => path) as [string, string];
  const ago = (seconds: number): Date => new Date(Date.now() - 1000 * seconds);
  utimesSync(old, ago(3600), ago(3600));
  utimesSync(stale, ago(7200), ago(7200));
  const left = join(shelf.folder, 'left.f32.x.part');
  writeFileSync(left, 'x');
  utimesSync(left, ago(200_000), ago(200_000));
  const limit = statSync(old).size;
  await run(await open({ ...shelf, limit }), network(2));
  const files = (await derivedFiles(shelf.folder)).map(({ path }) => path);
  expect([files.includes(old), files.includes(stale), existsSync(left)]).toEqual([true, false, false]);
  expect(files.length).toBe(3);
});

test('a network that is freed after each run has a session for each', async () => {
  const runtime = await open(false);
  const seldom = afterEach(lazyNetwork(runtime, network('direct')));
  const [one, two] = [await seldom.run({ x }, ['y']), await seldom.run({ x }, ['y'])];
  expect(difference(one.y!, two.y!)).toBe(0);
  expect(seldom.usage()).toEqual({ sessions: 2, runs: 2 });
});

test('networks that take turns are never open together', async () => {
  const runtime = await open(false);
  const [one, other] = [lazyNetwork(runtime, network(4)), lazyNetwork(runtime, network('direct'))];
  const [first, second] = [insteadOf([other], one), insteadOf([one], other)];
  const results = await Promise.all([first, second, first, first, second].map(each => each.run({ x }, ['y'])));
  for (const { y } of results) expect(difference(y!, results[1]!.y!)).toBeLessThan(5e-5);
  expect(first.usage().runs + second.usage().runs).toBe(5);
  await second.run({ x }, ['y']);
  const before = first.usage().sessions;
  await first.run({ x }, ['y']);
  await first.run({ x }, ['y']);
  expect(first.usage().sessions).toBe(before + 1);
  await second.run({ x }, ['y']);
  await first.run({ x }, ['y']);
  expect(first.usage().sessions).toBe(before + 2);
});
