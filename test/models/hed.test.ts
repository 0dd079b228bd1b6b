// The edge detector against its definition, written out in plain loops.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openEdgeDetector } from '../../models/edge-detector.ts';
import { gaussian } from '../../models/math/random.ts';
import { hed } from '../../models/networks/hed.ts';
import { openRuntime, type Runtime } from '../../models/runtime/runtime.ts';
import { type Tensor, tensor } from '../../models/tensor.ts';
import { openSafetensors } from '../../models/weights/safetensors.ts';
import { WeightError } from '../../models/weights/weight-source.ts';
import { safetensorsBytes } from '../support/safetensors.ts';

const SMALL = [
  { channels: 4, layers: 2 },
  { channels: 6, layers: 1 },
  { channels: 5, layers: 3 },
];
type Weights = Record<string, Tensor>;
type Map3 = { readonly c: number; readonly h: number; readonly w: number; readonly at: (c: number, y: number, x: number) => number };

const random = (name: string, dims: readonly number[], spread: number): Tensor => {
  const { data } = gaussian({ seed: 7, purpose: name }, dims);
  return tensor(
    dims,
    data.map(v => v * spread),
  );
};

const makeWeights = (): Weights => {
  const weights: Weights = { norm: tensor([1, 3, 1, 1], Float32Array.of(120, 110, 100)) };
  let from = 3;
  SMALL.forEach(({ channels, layers }, i) => {
    const add = (name: string, out: number, into: number, k: number) => {
      const spread = i === 0 && name === 'convs.0' ? 0.002 : 1 / Math.sqrt(into * k);
      weights[`block${i + 1}.${name}.weight`] = random(`${i} ${name} w`, [out, into, k, k], spread);
      weights[`block${i + 1}.${name}.bias`] = random(`${i} ${name} b`, [out], 0.1);
    };
    for (let j = 0; j < layers; j++) {
      add(`convs.${j}`, channels, from, 3);
      from = channels;
    }
    add('projection', 1, channels, 1);
  });
  return weights;
};

const filled = (c: number, h: number, w: number, value: (c: number, y: number, x: number) => number): Map3 => {
  const data = Float64Array.from({ length: c * h * w }, (_, i) => value(Math.floor(i / (h * w)), Math.floor(i / w) % h, i % w));
  return { c, h, w, at: (k, y, x) => (y < 0 || x < 0 || y >= h || x >= w ? 0 : data[(k * h + y) * w + x]!) };
};

const convolve = (x: Map3, weight: Tensor, bias: Tensor): Map3 => {
  const [out = 0, into = 0, k = 1] = weight.dims;
  return filled(out, x.h, x.w, (o, y, u) => {
    let sum = bias.data[o]!;
    for (let i = 0; i < into; i++)
      for (let dy = 0; dy < k; dy++)
        for (let dx = 0; dx < k; dx++)
          sum += weight.data[((o * into + i) * k + dy) * k + dx]! * x.at(i, y + dy - (k - 1) / 2, u + dx - (k - 1) / 2);
    return sum;
  });
};

/** Linear between pixel centres, as OpenCV's resize. */
const stretched =
  (x: Map3, h: number, w: number) =>
  (y: number, u: number): number => {
    const place = (i: number, to: number, from: number) => Math.min(Math.max(((i + 0.5) * from) / to - 0.5, 0), from - 1);
    const [sy, sx] = [place(y, h, x.h), place(u, w, x.w)];
    const [y0, x0] = [Math.floor(sy), Math.floor(sx)];
    const [y1, x1] = [Math.min(y0 + 1, x.h - 1), Math.min(x0 + 1, x.w - 1)];
    const row = (y: number) => x.at(0, y, x0) * (1 - sx + x0) + x.at(0, y, x1) * (sx - x0);
    return row(y0) * (1 - sy + y0) + row(y1) * (sy - y0);
  };

const expected = (image: Tensor, weights: Weights): number[] => {
  const [, , h = 0, w = 0] = image.dims;
  let x = filled(3, h, w, (c, y, u) => image.data[(c * h + y) * w + u]! - weights.norm!.data[c]!);
  const maps = SMALL.map(({ layers }, i) => {
    if (i > 0) {
      const before = x;
      const four = (c: number, y: number, u: number) => [0, 1].flatMap(a => [0, 1].map(b => before.at(c, 2 * y + a, 2 * u + b)));
      x = filled(before.c, Math.floor(before.h / 2), Math.floor(before.w / 2), (c, y, u) => Math.max(...four(c, y, u)));
    }
    const part = (name: string) => [weights[`block${i + 1}.${name}.weight`]!, weights[`block${i + 1}.${name}.bias`]!] as const;
    for (let j = 0; j < layers; j++) {
      const y = convolve(x, ...part(`convs.${j}`));
      x = filled(y.c, y.h, y.w, (...at) => Math.max(0, y.at(...at)));
    }
    return stretched(convolve(x, ...part('projection')), h, w);
  });
  const mean = (y: number, u: number) => maps.reduce((sum, map) => sum + map(y, u), 0) / maps.length;
  return Array.from({ length: h * w }, (_, i) => 1 / (1 + Math.exp(-mean(Math.floor(i / w), i % w))));
};

let runtime: Runtime;
let folder: string;
beforeAll(async () => {
  runtime = await openRuntime({ device: 'cpu' });
  folder = mkdtempSync(join(tmpdir(), 'rerender-hed-'));
});
afterAll(async () => {
  await runtime.close();
  rmSync(folder, { recursive: true });
});

test.each([
  [8, 12],
  [11, 9],
])('the edges of a picture of %d by %d', async (h, w) => {
  const weights = makeWeights();
  const file = join(folder, 'hed.safetensors');
  writeFileSync(file, safetensorsBytes(weights));
  const network = await runtime.load(hed(await openSafetensors(file), SMALL));
  const noise = gaussian({ seed: 1, purpose: 'picture' }, [1, 3, h, w]);
  const image = tensor(
    noise.dims,
    noise.data.map(v => Math.min(Math.max(128 + 60 * v, 0), 255)),
  );
  const { edges } = await network.run({ image }, ['edges']);
  expect(edges?.dims).toEqual([1, 1, h, w]);
  expected(image, weights).forEach((v, i) => {
    expect(edges?.data[i]).toBeCloseTo(v, 4);
  });
  await network.close();
});

test('a file of another network is refused with what it lacks', async () => {
  const file = join(folder, 'other.safetensors');
  writeFileSync(file, safetensorsBytes({ norm: tensor([1, 3, 1, 1]) }));
  await expect(openEdgeDetector(file, runtime)).rejects.toThrow(WeightError);
  await expect(openEdgeDetector(file, runtime)).rejects.toThrow(/block1.convs.0.weight/);
});
