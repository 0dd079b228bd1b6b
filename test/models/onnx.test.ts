import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { resnetBlock } from '../../models/networks/blocks/resnet.ts';
import { half, product, quotient, sizeOf } from '../../models/onnx/dims.ts';
import { Graph, GraphError } from '../../models/onnx/graph.ts';
import { linear, linearHalves, multiHead } from '../../models/onnx/layers.ts';
import { groupNorm, layerNorm } from '../../models/onnx/norm-layers.ts';
import { clip, gelu, quickGelu, silu } from '../../models/onnx/ops/arithmetic.ts';
import { conv, gather, gemm, reduce } from '../../models/onnx/ops/contract.ts';
import { concat, range, resizeNearest, takeFirst, upsampleNearest } from '../../models/onnx/ops/shape.ts';
import { printGraph } from '../../models/onnx/print-graph.ts';
import type { Value } from '../../models/onnx/value.ts';
import { openRuntime, type Runtime } from '../../models/runtime/runtime.ts';
import { type Tensor, tensor } from '../../models/tensor.ts';
import { openSafetensors } from '../../models/weights/safetensors.ts';
import { WeightError } from '../../models/weights/weight-source.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { typedBytes } from '../support/typed-safetensors.ts';
import { difference, evaluate, noise, weightsOf } from './graphs.ts';

const folder = temporaryFolder();

let runtime: Runtime;
beforeAll(async () => {
  runtime = await openRuntime({ device: 'cpu' });
});
afterAll(() => runtime.close());

/** A tensor by a formula of the index along each axis. */
const fill = (dims: readonly number[], at: (...index: number[]) => number): Tensor => {
  const result = tensor(dims);
  result.data.forEach((_, flat) => {
    const index = dims.map((_, axis) => Math.floor(flat / dims.slice(axis + 1).reduce((n, d) => n * d, 1)) % (dims[axis] as number));
    result.data[flat] = at(...index);
  });
  return result;
};

const at = ({ dims, data }: Tensor, ...index: number[]): number =>
  data[index.reduce((flat, i, axis) => flat * (dims[axis] as number) + i, 0)] ?? Number.NaN;
const sum = (n: number, term: (i: number) => number): number => Array.from({ length: n }, (_, i) => term(i)).reduce((a, b) => a + b, 0);

describe('dims', () => {
  test.each([
    [['height', 2, 'width'], '2*height*width'],
    [['2*height', '4*width'], '8*height*width'],
    [[2, 3], 6],
    [['height', 0], 0],
  ] as const)('the product of %j is %s', (dims, result) => {
    expect(product(dims)).toBe(result);
  });

  test.each([
    ['8*height*width', '2*width', '4*height'],
    ['batch*height', 'height', 'batch'],
    ['height', 'width', undefined],
    [12, 5, undefined],
    ['3*height', 2, undefined],
  ] as const)('%s over %s is %s', (whole, part, result) => {
    expect(quotient(whole, part)).toBe(result);
  });

  test.each([
    [7, 'up', 4],
    [7, 'down', 3],
    ['8*height', 'up', '4*height'],
    ['height', 'up', 'height/2'],
    ['height/2', 'up', 'height/4'],
    ['height//2', 'down', 'height//4'],
  ] as const)('half of %s, rounded %s, is %s', (dim, rounding, result) => {
    expect(half(dim, rounding)).toBe(result);
  });

  test('halving again and again rounds as one division does', () => {
    for (let height = 1; height < 70; height++) {
      expect(sizeOf('height/8', { height })).toBe(Math.ceil(Math.ceil(Math.ceil(height / 2) / 2) / 2));
      expect(sizeOf('height//8', { height })).toBe(Math.floor(Math.floor(Math.floor(height / 2) / 2) / 2));
    }
    expect(sizeOf('2*height*width/2', { height: 3, width: 5 })).toBe(18);
    expect(sizeOf('height', {})).toBeUndefined();
  });
});

const channels = (c: number): { x: (string | number)[] } => ({ x: ['n', c, 'h', 'w'] });

describe('operators equal their formulas on odd sizes', () => {
  test.each([
    [1, 1, undefined],
    [3, 1, undefined],
    [3, 2, undefined],
    [3, 2, [0, 0, 1, 1]],
  ] as const)('convolution, kernel %i, stride %i, pads %j', async (kernel, stride, pads) => {
    const [x, w, b] = [noise('x', [2, 3, 7, 5]), noise('w', [4, 3, kernel, kernel]), noise('b', [4])];
    const edge = (kernel - 1) / 2;
    const [top, left, bottom, right] = pads ?? [edge, edge, edge, edge];
    const side = (n: number, grow: number): number => Math.floor((n + grow - kernel) / stride) + 1;
    const inside = (n: number, c: number, r: number, q: number): number => (r < 0 || q < 0 || r >= 7 || q >= 5 ? 0 : at(x, n, c, r, q));
    const expected = fill(
      [2, 4, side(7, top + bottom), side(5, left + right)],
      (n, o, r, q) =>
        at(b, o) +
        sum(3, c => sum(kernel, i => sum(kernel, j => at(w, o, c, i, j) * inside(n, c, r * stride + i - top, q * stride + j - left)))),
    );
    const found = await evaluate(runtime, { x, w, b }, ({ x, w, b }) => conv(x!, w!, b, { stride, ...(pads && { pads }) }), {
      dims: channels(3),
    });
    expect(difference(found, expected)).toBeLessThan(1e-5);
  });

  test('nearest neighbours to any larger size, and to twice the size', async () => {
    const [x, like] = [noise('x', [1, 2, 4, 3]), noise('like', [1, 1, 7, 6])];
    const joined = await evaluate(
      runtime,
      { x, like },
      ({ x, like }) => concat([resizeNearest(x!, like!.dim(2), like!.dim(3)), like!], 1),
      { dims: { x: ['n', 2, 'h', 'w'], like: ['n', 1, 'h2', 'w2'] } },
    );
    const expected = fill([1, 3, 7, 6], (n, c, r, q) =>
      c === 2 ? at(like, n, 0, r, q) : at(x, n, c, Math.floor((r * 4) / 7), Math.floor((q * 3) / 6)),
    );
    expect(difference(joined, expected)).toBe(0);
    const twice = await evaluate(runtime, { x }, ({ x }) => upsampleNearest(x!), { dims: channels(2) });
    expect(
      difference(
        twice,
        fill([1, 2, 8, 6], (n, c, r, q) => at(x, n, c, r >> 1, q >> 1)),
      ),
    ).toBe(0);
  });

  test('group norm, also where the epsilon decides', async () => {
    for (const strength of [1, 1e-3]) {
      const x = noise('x', [2, 6, 3, 5]);
      x.data.forEach((v, i) => {
        x.data[i] = v * strength + 0.2 * strength;
      });
      const [weight, bias] = [noise('weight', [6]), noise('bias', [6])];
      const weights = await weightsOf({ 'norm.weight': weight, 'norm.bias': bias });
      const found = await evaluate(runtime, { x }, ({ x }, g) => groupNorm(g, x!, 'norm', { groups: 3, epsilon: 1e-6 }), {
        dims: channels(6),
        weights,
      });
      const group = (n: number, c: number): number[] => {
        const first = c - (c % 2);
        return [0, 1].flatMap(k => Array.from({ length: 15 }, (_, i) => at(x, n, first + k, Math.floor(i / 5), i % 5)));
      };
      const expected = fill([2, 6, 3, 5], (n, c, r, q) => {
        const values = group(n, c);
        const mean = sum(30, i => values[i] as number) / 30;
        const variance = sum(30, i => ((values[i] as number) - mean) ** 2) / 30;
        return ((at(x, n, c, r, q) - mean) / Math.sqrt(variance + 1e-6)) * at(weight, c) + at(bias, c);
      });
      expect(difference(found, expected)).toBeLessThan(1e-5);
    }
  });

  test.each(['F32', 'F16', 'BF16'] as const)('halves of a linear layer are products of their own, of weights in %s', async type => {
    const x = noise('x', [2, 5, 4]);
    const quarters = (name: string, dims: readonly number[]): Tensor => {
      const { data } = noise(name, dims);
      return tensor(
        dims,
        data.map(v => Math.round(4 * v) / 4),
      ); // exact in all types
    };
    const [w, b] = [quarters('w', [6, 4]), quarters('b', [6])];
    const file = join(folder, `${type}.safetensors`);
    await writeFile(file, typedBytes({ 'to.weight': w, 'to.bias': b }, type));
    const describe = ({ x }: Record<string, Value>, g: Graph): Value => concat([...linearHalves(g, x!, 'to', { out: 6 })].reverse(), 2);
    const found = await evaluate(runtime, { x }, describe, { dims: { x: ['n', 't', 4] }, weights: await openSafetensors(file) });
    const expected = fill([2, 5, 6], (n, t, k) => {
      const o = (k + 3) % 6; // the second half first
      return at(b, o) + sum(4, c => at(w, o, c) * at(x, n, t, c));
    });
    expect(difference(found, expected)).toBeLessThan(1e-6);
  });

  test('layer norm and linear layers over the last axis of [n, t, c]', async () => {
    const x = noise('x', [2, 5, 4]);
    const [w, b, scale, shift] = [noise('w', [3, 4]), noise('b', [3]), noise('scale', [4]), noise('shift', [4])];
    const weights = await weightsOf({ 'norm.weight': scale, 'norm.bias': shift, 'to.weight': w, 'to.bias': b });
    const found = await evaluate(runtime, { x }, ({ x }, g) => linear(g, layerNorm(g, x!, 'norm'), 'to', { out: 3 }), {
      dims: { x: ['n', 't', 4] },
      weights,
    });
    const normed = (n: number, t: number, c: number): number => {
      const mean = sum(4, i => at(x, n, t, i)) / 4;
      const variance = sum(4, i => (at(x, n, t, i) - mean) ** 2) / 4;
      return ((at(x, n, t, c) - mean) / Math.sqrt(variance + 1e-5)) * at(scale, c) + at(shift, c);
    };
    expect(
      difference(
        found,
        fill([2, 5, 3], (n, t, o) => at(b, o) + sum(4, c => at(w, o, c) * normed(n, t, c))),
      ),
    ).toBeLessThan(1e-5);
  });

  test.each(['fused', 'plain'] as const)('%s attention, with a bias and without', async attention => {
    const [q, k, v, bias] = [noise('q', [2, 5, 6]), noise('k', [2, 3, 6]), noise('v', [2, 3, 6]), noise('bias', [1, 1, 5, 3])];
    const expected = (biased: number): Tensor =>
      fill([2, 5, 6], (n, t, c) => {
        const head = Math.floor(c / 3) * 3;
        const weight = (s: number): number =>
          Math.exp(sum(3, i => at(q, n, t, head + i) * at(k, n, s, head + i)) / Math.sqrt(3) + biased * at(bias, 0, 0, t, s));
        return sum(3, s => weight(s) * at(v, n, s, c)) / sum(3, weight);
      });
    for (const [biased, oneByOne] of [
      [0, false],
      [0, true],
      [1, false],
    ] as const) {
      const g = new Graph('attention', undefined, { attention });
      const [gq, gk, gv] = [g.input('q', ['n', 't', 6]), g.input('k', ['n', 's', 6]), g.input('v', ['n', 's', 6])];
      g.output('out', multiHead(gq, gk, gv, 2, biased ? { bias: g.input('bias', [1, 1, 't', 's']) } : { oneByOne }));
      const network = await runtime.load(g.finish());
      const { out } = await network.run({ q, k, v, ...(biased && { bias }) }, ['out']);
      await network.close();
      expect(difference(out as Tensor, expected(biased))).toBeLessThan(1e-5);
    }
  });

  /** Maclaurin's series of the error function. */
  const erf = (x: number): number => {
    let [term, total] = [x, x];
    for (let k = 1; k < 60; k++) {
      term *= -(x * x) / k;
      total += term / (2 * k + 1);
    }
    return (2 / Math.sqrt(Math.PI)) * total;
  };
  const curves: [string, (x: Value) => Value, (x: number) => number][] = [
    ['silu', silu, x => x / (1 + Math.exp(-x))],
    ['quick gelu', quickGelu, x => x / (1 + Math.exp(-1.702 * x))],
    ['gelu', gelu, x => (x / 2) * (1 + erf(x / Math.SQRT2))],
    ['clip', x => clip(x, -0.5, 0.25), x => Math.min(Math.max(x, -0.5), 0.25)],
    ['arithmetic with numbers', x => x.add(1).mul(2).sub(0.5).div(4), x => ((x + 1) * 2 - 0.5) / 4],
  ];
  test.each(curves)('%s', async (_, operator, formula) => {
    const x = noise('curve', [3, 7]);
    const found = await evaluate(runtime, { x }, ({ x }) => operator(x!), { dims: { x: ['n', 'm'] } });
    expect(difference(found, tensor([3, 7], x.data.map(formula)))).toBeLessThan(2e-6);
  });

  test('slices, splits, transposes and joins move numbers only', async () => {
    const x = noise('x', [2, 4, 3]);
    const found = await evaluate(
      runtime,
      { x },
      ({ x }) => {
        const [a, b] = x!.split(2, 1) as [Value, Value];
        return concat([b, a.slice(1, 1, 2)], 1)
          .transpose(2, 0, 1)
          .reshape(-1, 3);
      },
      { dims: { x: ['n', 4, 'm'] } },
    );
    const order = [2, 3, 1];
    expect(
      difference(
        found,
        fill([6, 3], (row, i) => at(x, row % 2, order[i] as number, Math.floor(row / 2))),
      ),
    ).toBe(0);
  });

  test('a count given at run time takes so many entries, or all there are', async () => {
    const x = noise('x', [1, 5, 2]);
    for (const count of [0n, 3n, 99n]) {
      const n = { dims: [1], data: BigInt64Array.of(count) };
      const found = await evaluate(runtime, { x, n }, ({ x, n }) => concat([takeFirst(x!, 1, n!, 'own'), x!], 1, 'keys'), {
        dims: { x: ['n', 't', 2] },
      });
      expect(found.dims).toEqual([1, 5 + Math.min(Number(count), 5), 2]);
    }
  });

  test('products, reductions, rows of a table, ranges', async () => {
    const [a, b] = [noise('a', [4, 3]), noise('b', [5, 3])];
    const found = await evaluate(runtime, { a, b }, ({ a, b }) => gemm(a!, b!), { dims: { a: ['m', 3] } });
    expect(
      difference(
        found,
        fill([4, 5], (m, n) => sum(3, k => at(a, m, k) * at(b, n, k))),
      ),
    ).toBeLessThan(1e-6);
    const most = await evaluate(runtime, { a }, ({ a }) => reduce('Max', a!, [0]), { dims: { a: ['m', 3] } });
    expect(
      difference(
        most,
        fill([1, 3], (_, k) => Math.max(...[0, 1, 2, 3].map(m => at(a, m, k)))),
      ),
    ).toBe(0);
    const ids = { dims: [1, 2], data: BigInt64Array.of(3n, 0n) };
    const rows = await evaluate(runtime, { a, ids }, ({ a, ids }) => gather(a!, ids!));
    expect(
      difference(
        rows,
        fill([1, 2, 3], (_, t, k) => at(a, t === 0 ? 3 : 0, k)),
      ),
    ).toBe(0);
    const numbered = await evaluate(runtime, { a }, ({ a }, g) => a!.add(range(g, 'm').reshape(-1, 1)), { dims: { a: ['m', 3] } });
    expect(
      difference(
        numbered,
        fill([4, 3], (m, k) => at(a, m, k) + m),
      ),
    ).toBeLessThan(1e-6);
  });
});

describe('a graph under construction', () => {
  const mistakes: [string, (g: Graph, x: Value) => Value, RegExp][] = [
    [
      'sums of unlike dims',
      (g, x) => x.add(g.input('y', ['n', 5, 'h', 'w'])),
      /^up\.0: Add of float32 \[n, 4, h, w\] and float32 \[n, 5, h, w\]/,
    ],
    ['products that do not meet', (_, x) => x.matmul(x), /MatMul of \[n, 4, h, w\] and \[n, 4, h, w\]/],
    ['reshapes that lose numbers', (_, x) => x.reshape(0, 3, -1), /Reshape of \[n, 4, h, w\] to \[0, 3, -1\]/],
    ['uneven splits', (_, x) => x.split(3, 1)[0]!, /Split of \[n, 4, h, w\] into 3/],
    [
      'joins of unlike dims',
      (g, x) => concat([x, g.input('y', ['m', 4, 'h', 'w'])], 1),
      /Concat over axis 1 of \[n, 4, h, w\] and \[m, 4, h, w\]/,
    ],
    ['convolutions of other channels', (g, x) => conv(x, g.input('k', [2, 3, 3, 3])), /Conv of \[n, 4, h, w\] with \[2, 3, 3, 3\]/],
    [
      'groups that do not divide',
      (g, x) => groupNorm(g, x, 'norm', { groups: 3, epsilon: 1 }),
      /^up\.0\.norm: norm_num_groups 3 does not divide 4 channels/,
    ],
  ];
  test.each(mistakes)('refuses %s, and says where', (_, build, message) => {
    const g = new Graph('test');
    const x = g.input('x', ['n', 4, 'h', 'w']);
    const attempt = (): Value => g.scope('up.0', () => build(g, x));
    expect(attempt).toThrow(GraphError);
    expect(attempt).toThrow(message);
  });

  test('lists every weight that is missing, of another shape or of another type', async () => {
    const weights = await weightsOf({ 'block.conv1.weight': noise('w', [8, 2, 3, 3]), 'block.conv1.bias': noise('b', [8]) });
    const g = new Graph('test', weights);
    g.output('y', resnetBlock(g, g.input('x', ['n', 4, 'h', 'w']), undefined, 8, { groups: 2, epsilon: 1e-5 }, 'block'));
    expect(() => g.finish()).toThrow(WeightError);
    expect(() => g.finish()).toThrow(
      /9 weights do not fit the config: block\.norm1\.weight: is missing; block\.norm1\.bias: is missing; block\.conv1\.weight: expects \[8, 4, 3, 3\], checkpoint has \[8, 2, 3, 3\]; .*; and 5 more/,
    );
  });

  test('tells which names of the checkpoint it has no use for', async () => {
    const weights = await weightsOf({ 'to.weight': noise('w', [3, 4]), 'ema.decay': noise('d', [1]) });
    const g = new Graph('test', weights);
    g.output('y', linear(g, g.input('x', ['n', 4]), 'to', { out: 3, bias: false }));
    const { unused, weights: used } = g.finish();
    expect(unused).toEqual(['ema.decay']);
    expect(used.map(({ name }) => name)).toEqual(['to.weight']);
  });

  test('settles free dims when it is built for one size', () => {
    const g = new Graph('test', undefined, { sizes: { n: 2, height: 8 } });
    expect(g.input('x', ['n', 3, '2*height', 'width']).dims).toEqual([2, 3, 16, 'width']);
  });

  test('half-precision weights are cast to float32', async () => {
    const info = { name: 'to.weight', dtype: 'F16', dims: [3, 4], file: '/w', offset: 0, length: 24 } as const;
    const g = new Graph('test', { label: 'w', find: () => info, names: () => [] });
    linear(g, g.input('x', ['n', 4]), 'to', { out: 3, bias: false });
    expect(printGraph(g)).toContain('to.weight.Cast = Cast(to.weight) to=1 -> [3, 4]');
  });

  test('prints a block as one line an operator', async () => {
    const names = {
      'up.norm.weight': [4],
      'up.norm.bias': [4],
      'up.conv1.weight': [6, 4, 3, 3],
      'up.conv1.bias': [6],
      'up.proj.weight': [6, 6],
    };
    const g = new Graph(
      'test',
      await weightsOf(Object.fromEntries(Object.entries(names).map(([name, dims]) => [name, noise(name, dims)]))),
    );
    const x = g.input('x', ['batch', 4, 'height', 'width']);
    g.scope('up', () => {
      const h = groupNorm(g, x, 'norm', { groups: 2, epsilon: 1e-5 });
      const y = g.scope('conv1', () => conv(silu(h), g.param('weight', [6, 4, 3, 3]), g.param('bias', [6]), { stride: 2 }));
      return linear(g, y.reshape(0, 0, -1).transpose(0, 2, 1), 'proj', { out: 6, bias: false });
    });
    expect(printGraph(g)).toMatchInlineSnapshot(`
      "up.norm.Reshape = Reshape(x, [0, 2, -1]i) -> [batch, 2, 2*height*width]
      up.norm.InstanceNormalization = InstanceNormalization(up.norm.Reshape, [1, 1], [0, 0]) epsilon=0.00001 -> [batch, 2, 2*height*width]
      up.norm.Shape = Shape(x) start=2 end=3 -> [1]
      up.norm.Concat = Concat([0]i, [4]i, up.norm.Shape, [-1]i) axis=0 -> [4]
      up.norm.Reshape_2 = Reshape(up.norm.InstanceNormalization, up.norm.Concat) -> [batch, 4, height, width]
      up.norm.Reshape_3 = Reshape(up.norm.weight, [0, 1, 1]i) -> [4, 1, 1]
      up.norm.Mul = Mul(up.norm.Reshape_2, up.norm.Reshape_3) -> [batch, 4, height, width]
      up.norm.Reshape_4 = Reshape(up.norm.bias, [0, 1, 1]i) -> [4, 1, 1]
      up.norm.Add = Add(up.norm.Mul, up.norm.Reshape_4) -> [batch, 4, height, width]
      up.conv1.Sigmoid = Sigmoid(up.norm.Add) -> [batch, 4, height, width]
      up.conv1.Mul = Mul(up.norm.Add, up.conv1.Sigmoid) -> [batch, 4, height, width]
      up.conv1.Conv = Conv(up.conv1.Mul, up.conv1.weight, up.conv1.bias) kernel_shape=[3, 3] strides=[2, 2] pads=[1, 1, 1, 1] -> [batch, 6, height/2, width/2]
      up.Reshape = Reshape(up.conv1.Conv, [0, 0, -1]i) -> [batch, 6, height/2*width/2]
      up.Transpose = Transpose(up.Reshape) perm=[0, 2, 1] -> [batch, height/2*width/2, 6]
      up.proj.Reshape = Reshape(up.Transpose, [-1, 6]i) -> [batch*height/2*width/2, 6]
      up.proj.Gemm = Gemm(up.proj.Reshape, up.proj.weight, _) transB=1 -> [batch*height/2*width/2, 6]
      up.proj.Shape = Shape(x) start=0 end=1 -> [1]
      up.proj.Concat = Concat(up.proj.Shape, [-1]i, [6]i) axis=0 -> [3]
      up.proj.Reshape_2 = Reshape(up.proj.Gemm, up.proj.Concat) -> [batch, height/2*width/2, 6]"
    `);
  });
});
