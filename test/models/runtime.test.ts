import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { packageRoot } from '../../config/paths.ts';
import { Graph } from '../../models/onnx/graph.ts';
import type { NetworkGraph } from '../../models/onnx/network-graph.ts';
import { toFloat } from '../../models/onnx/ops/arithmetic.ts';
import { DeviceError, listDevices } from '../../models/runtime/devices.ts';
import { lazyNetwork } from '../../models/runtime/lazy-network.ts';
import { redoneBy, replacedBy } from '../../models/runtime/redone.ts';
import { openRuntime, type Runtime, RuntimeError } from '../../models/runtime/runtime.ts';
import { tensor } from '../../models/tensor.ts';

/** y = x times x, z = 2 x: square matrices of any size. */
const square = (): NetworkGraph => {
  const g = new Graph('square');
  const x = g.input('x', ['size', 'size']);
  g.output('y', x.matmul(x));
  g.output('z', x.mul(2));
  return g.finish();
};
const two = tensor([2, 2], Float32Array.of(1, 2, 3, 4));

describe('openRuntime on the CPU', () => {
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await openRuntime({ device: 'cpu' });
  });
  afterAll(() => runtime.close());

  test('runs a graph for the outputs asked for, and no others', async () => {
    const network = await runtime.load(square());
    expect(network.inputs.map(p => p.name)).toEqual(['x']);
    const { y, ...others } = await network.run({ x: two }, ['y']);
    expect(y).toEqual(tensor([2, 2], Float32Array.of(7, 10, 15, 22)));
    expect(others).toEqual({});
    await network.close();
  });

  // The CPU has no multiplication of halves and would compute in float32; it moves halves as they are.
  const cubes = (half: boolean): NetworkGraph => {
    const g = new Graph(half ? 'half' : 'float');
    const x = g.input('x', ['size']);
    const cube = x.mul(x).mul(x);
    const each = half ? g.node('Cast', [cube], { to: 10 }, { dims: x.dims, dtype: 'float16' }) : cube;
    g.output('y', toFloat(g.node('Concat', [each, each], { axis: 0 }, { dims: ['two sizes'], dtype: each.dtype })));
    return g.finish();
  };

  test('a network whose numbers overflow in half precision is run again in float32, each run by itself', async () => {
    const [half, float] = [lazyNetwork(runtime, cubes(true)), lazyNetwork(runtime, cubes(false))];
    let told = 0;
    const network = redoneBy(half, float, () => told++);
    const cubed = async (...values: number[]) => [
      ...(await network.run({ x: tensor([2], Float32Array.of(...values)) }, ['y'])).y!.data.subarray(0, 2),
    ];
    expect(await cubed(3, 4)).toEqual([27, 64]);
    expect([told, float.usage().sessions]).toEqual([0, 0]);
    expect(await cubed(3, 100)).toEqual([27, 1e6]); // 65504 is the largest half
    expect(await cubed(3, 200)).toEqual([27, 8e6]);
    expect(await cubed(2, 5)).toEqual([8, 125]);
    expect([told, float.usage()]).toEqual([1, { sessions: 1, runs: 2 }]);
    expect(await cubed(3, 1e20)).toEqual([27, Number.POSITIVE_INFINITY]); // overflows in float32, too: told elsewhere
    expect(await cubed(3, Number.NaN)).toEqual([27, Number.NaN]); // came in
    expect([told, float.usage().runs]).toEqual([1, 3]);
    await network.release();
  });

  test('a network that overflows in half precision goes over to float32 with that run, and stays there', async () => {
    const [half, float] = [lazyNetwork(runtime, cubes(true)), lazyNetwork(runtime, cubes(false))];
    let told = 0;
    const network = replacedBy(half, float, () => told++);
    const cubed = async (value: number) => (await network.run({ x: tensor([1], Float32Array.of(value)) }, ['y'])).y!.data[0];
    expect(await cubed(3.001)).toBe(27.03125); // the nearest half
    expect([told, network.usage()]).toEqual([0, { sessions: 1, runs: 1 }]);
    expect(await cubed(Number.NaN)).toBeNaN();
    expect([told, network.usage()]).toEqual([0, { sessions: 1, runs: 2 }]); // no fault of the network
    expect(await cubed(100)).toBe(1e6); // 65504 is the largest half
    expect(await cubed(3.001)).toBeCloseTo(27.027, 4);
    expect([told, half.usage().runs, float.usage()]).toEqual([1, 3, { sessions: 1, runs: 2 }]);
    await network.release();
  });

  test('leaves what it was fed to the caller, also a view of a larger buffer', async () => {
    const network = await runtime.load(square());
    const view = new Float32Array([0, 0, 1, 2, 3, 4, 0]).subarray(2, 6);
    const { z } = await network.run({ x: tensor([2, 2], view) }, ['z']);
    expect([...(z?.data ?? [])]).toEqual([2, 4, 6, 8]);
    expect([...view]).toEqual([1, 2, 3, 4]);
    await network.close();
  });

  test('runs that are asked for at once each get their own answer', async () => {
    const network = await runtime.load(square());
    const runs = await Promise.all([1, 2, 3, 4].map(n => network.run({ x: tensor([1, 1], Float32Array.of(n)) }, ['y'])));
    expect(runs.map(({ y }) => y?.data[0])).toEqual([1, 4, 9, 16]);
    await network.close();
  });

  test('keeps the event loop free while it runs', async () => {
    const network = await runtime.load(square());
    let ticks = 0;
    const timer = setInterval(() => ticks++, 1);
    const began = performance.now();
    await network.run({ x: tensor([1500, 1500]) }, ['y']);
    const busy = performance.now() - began;
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(busy / 20);
    await network.close();
  });

  test('feeds that do not fit are an error that says what was fed to which network', async () => {
    const network = await runtime.load(square());
    const failed = network.run({ x: tensor([2, 3]) }, ['y']);
    await expect(failed).rejects.toThrow(RuntimeError);
    await expect(failed).rejects.toThrow('square cannot run (fed x [2, 3]) on cpu');
    await network.close();
  });

  test('a call whose signal is aborted before its turn is not run', async () => {
    const network = await runtime.load(square());
    const control = new AbortController();
    const first = network.run({ x: tensor([800, 800]) }, ['y']);
    const second = network.run({ x: two }, ['y'], control.signal);
    control.abort(new Error('no longer needed'));
    await expect(second).rejects.toThrow('no longer needed');
    await expect(first).resolves.toHaveProperty('y');
    await network.close();
  });

  test('a graph that is no graph is an error that names the network', async () => {
    await expect(runtime.load({ ...square(), name: 'nonsense', bytes: Uint8Array.of(1, 2, 3) })).rejects.toThrow(
      'nonsense cannot be loaded on cpu',
    );
  });

  test('a closed network refuses to run', async () => {
    const network = await runtime.load(square());
    await network.close();
    await expect(network.run({ x: two }, ['y'])).rejects.toThrow('the network was closed');
  });
});

describe('the end of a runtime', () => {
  test('close lets the run in progress end, refuses those behind it and all later ones', async () => {
    const runtime = await openRuntime({ device: 'cpu' });
    const network = await runtime.load(square());
    const first = network.run({ x: tensor([800, 800]) }, ['y']);
    const second = network.run({ x: two }, ['y']);
    const refused = expect(second).rejects.toThrow('the inference thread was closed');
    await new Promise(resolve => setImmediate(resolve));
    await runtime.close();
    await expect(first).resolves.toHaveProperty('y');
    await refused;
    await expect(network.run({ x: two }, ['y'])).rejects.toThrow('the inference thread was closed');
  });

  // The program: open, run once, and end without another word; with and without close.
  const program = `
    const { openRuntime } = await import(${JSON.stringify(pathToFileURL(join(packageRoot, 'dist/models/runtime/runtime.js')))});
    const { probeGraph } = await import(${JSON.stringify(pathToFileURL(join(packageRoot, 'dist/models/runtime/probe-graph.js')))});
    const { feeds, ...graph } = probeGraph();
    const runtime = await openRuntime({ device: 'cpu' });
    const network = await runtime.load({ ...graph, name: 'probe', inputs: [], outputs: [] });
    await network.run(feeds, ['y']);
    console.log('done');
  `;
  test.each([
    ['after close', `${program}; await runtime.close();`],
    ['also when nobody closed it', program],
  ])('the process ends by itself %s', (_, code) => {
    const { status, signal, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', code], {
      timeout: 30_000,
      encoding: 'utf8',
    });
    expect({ status, signal, stdout, stderr }).toEqual({ status: 0, signal: null, stdout: 'done\n', stderr: '' });
  });
});

test('a runtime that is closed while it starts ends well', async () => {
  for (const wait of [0, 5, 20, 60]) {
    const runtime = await openRuntime({ device: 'cpu' });
    await new Promise(resolve => setTimeout(resolve, wait));
    await runtime.close();
  }
});

describe('the choice of a device', () => {
  test('auto ends at a device that works and says why the others were refused', async () => {
    const runtime = await openRuntime();
    const network = await runtime.load(square());
    const { y } = await network.run({ x: two }, ['y']);
    expect(y?.data[3]).toBeCloseTo(22, 3);
    expect(runtime.refused.map(({ device }) => device)).not.toContain(runtime.device);
    for (const { reason } of runtime.refused) expect(reason).toMatch(/^\S.{5,}$/);
    await runtime.close();
  });

  test('every device of the platform is listed, the CPU last and usable', async () => {
    const devices = await listDevices();
    expect(devices.at(-1)).toEqual({ device: 'cpu', reason: undefined });
    expect(devices.length).toBeGreaterThan(1);
  });

  const absent = process.platform === 'win32' ? 'coreml' : 'dml';
  test(`${absent}, which no build for this platform has, is refused with the reason`, async () => {
    await expect(openRuntime({ device: absent })).rejects.toThrow(DeviceError);
    await expect(openRuntime({ device: absent })).rejects.toThrow(
      `device ${absent} cannot be used: this build of onnxruntime-node does not have it`,
    );
  });
});
