// Memory that runs out: what providers say, the second try with nothing else open, and the error with the sizes.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { packageRoot } from '../../config/paths.ts';
import { Graph } from '../../models/onnx/graph.ts';
import type { NetworkGraph } from '../../models/onnx/network-graph.ts';
import { reduce } from '../../models/onnx/ops/contract.ts';
import { expand } from '../../models/onnx/ops/shape.ts';
import { askedFor, isOutOfMemory } from '../../models/runtime/memory-signs.ts';
import { openRuntime } from '../../models/runtime/runtime.ts';
import { tensor } from '../../models/tensor.ts';
import { softwareDriver, useSoftwareDriver } from '../support/vulkan.ts';

const arena = (bytes: number): string =>
  `Non-zero status code returned while running Expand node. Name:'e' Status Message: bfc_arena.cc:360 void* ` +
  `onnxruntime::BFCArena::AllocateRawInternal(size_t, bool, onnxruntime::Stream*) Failed to allocate memory for requested buffer of ` +
  `size ${bytes}`;

describe('what providers say', () => {
  test.each([
    [arena(256000000000000), 256000000000000],
    [
      'CUDA failure 2: out of memory ; GPU=0 ; hostname=x ; file=cuda_allocator.cc ; line=67 ; expr=cudaMalloc((void**)&p, size);',
      undefined,
    ],
    ['CUBLAS failure 3: CUBLAS_STATUS_ALLOC_FAILED ; GPU=0 ; expr=cublasCreate(&cublas_handle_);', undefined],
    [
      'BucketizedBufferAllocator.cpp(122): (caller: 00007FFA8336D326) Exception(1) tid(4790) 8007000E Not enough memory resources are ' +
        'available to complete this operation.',
      undefined,
    ],
    ['WebGPU device error(3): vkAllocateMemory failed with VK_ERROR_OUT_OF_DEVICE_MEMORY', undefined],
    ['WebGPU validation failed. [Invalid Buffer (unlabeled)] is invalid due to a previous error.', undefined],
    ['Buffer size (3185049600) exceeds the max buffer size limit (1073741824).', 3185049600],
    ['Available memory of 100 is smaller than requested bytes of 2048', 2048],
    ['std::bad_alloc', undefined],
  ])('%s', (message, bytes) => {
    expect([isOutOfMemory(message), askedFor(message)]).toEqual([true, bytes]);
  });

  test.each([
    "Non-zero status code returned while running MatMul node. Name:'MatMul' Status Message: matmul_helper.h:59 MatMul dimension mismatch",
    'Failed to get a WebGPU adapter: No supported adapters',
    'Program Cast requires f16 but the device does not support it.',
    'the network was closed',
  ])('%s: something else', message => {
    expect(isOutOfMemory(message)).toBe(false);
  });
});

/** The largest of x, [1, 1], repeated `rows` times `columns`. */
const repeated = (rows: number, columns: number): NetworkGraph => {
  const g = new Graph('repeated');
  const x = g.input('x', ['one', 'other']);
  const wide = expand(x, [rows, columns]);
  g.output('y', reduce('Max', wide, [0, 1]));
  return g.finish();
};
const feeds = { x: tensor([1, 1], Float32Array.of(3)) };

test('what fits nowhere is an error with the sizes and what to do; networks that were closed for it run on', async () => {
  const warnings: string[] = [];
  const runtime = await openRuntime({ device: 'cpu', warn: message => warnings.push(message) });
  const [small, large] = [await runtime.load(repeated(2, 2)), await runtime.load(repeated(2 ** 23, 2 ** 22))];
  const { y } = await small.run(feeds, ['y']);
  await expect(large.run(feeds, ['y'])).rejects.toMatchObject({
    code: 'OUT_OF_MEMORY',
    message: expect.stringMatching(
      new RegExp(
        '^repeated cannot run \\(fed x \\[1, 1\\]\\) on cpu: memory ran out, also with nothing else open; ' +
          '140737\\.5 GB were asked for at once, its weights take 0 MB, the largest of what it computes ' +
          'takes 140737\\.5 GB \\(Expand\\), the device has [\\d.]+ GB: ' +
          'give a smaller --size, ',
      ),
    ),
  });
  expect((await small.run(feeds, ['y'])).y).toEqual(y);
  expect(warnings).toEqual([]);
  await runtime.close();
});

const prlimit = spawnSync('prlimit', ['--version']).status === 0;

test.skipIf(!prlimit)(
  'what fits alone runs alone: the others are closed for it, open again, and it is told of once',
  () => {
    // Each of the two keeps 600 MB that it has used, and the process may have 900 MB more than it has.
    const url = (file: string): string => JSON.stringify(pathToFileURL(join(packageRoot, file)).href);
    const code = `
    import { execFileSync } from 'node:child_process';
    import { readFileSync } from 'node:fs';
    const { openRuntime } = await import(${url('dist/models/runtime/runtime.js')});
    const { Graph } = await import(${url('dist/models/onnx/graph.js')});
    const { expand } = await import(${url('dist/models/onnx/ops/shape.js')});
    const { reduce } = await import(${url('dist/models/onnx/ops/contract.js')});
    const repeated = name => {
      const g = new Graph(name);
      g.output('y', reduce('Max', expand(g.input('x', ['one', 'other']), [15000, 10000]), [0, 1]));
      return g.finish();
    };
    const warnings = [];
    const runtime = await openRuntime({ device: 'cpu', threads: 1, warn: text => warnings.push(text) });
    const [a, b] = [await runtime.load(repeated('a')), await runtime.load(repeated('b'))];
    const size = 1024 * Number(/VmSize:\\s*(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]);
    execFileSync('prlimit', ['--pid', String(process.pid), '--as=' + (size + 900e6)]);
    const answers = [];
    for (const network of [a, b, a]) answers.push((await network.run({ x: { dims: [1, 1], data: Float32Array.of(3) } }, ['y'])).y.data[0]);
    console.log(JSON.stringify({ answers, warnings }));
    await runtime.close();
  `;
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', code], {
      cwd: packageRoot,
      timeout: 60_000,
      encoding: 'utf8',
    });
    expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
    const { answers, warnings } = JSON.parse(stdout);
    expect(answers).toEqual([3, 3, 3]);
    expect(warnings).toEqual([expect.stringMatching(/^memory ran out on cpu: all other networks were closed, and b ran alone; /)]);
  },
  70_000,
);

describe.skipIf(!softwareDriver)('WebGPU', () => {
  useSoftwareDriver();

  test('a buffer that the driver has no room for is found out, though only the log says why', async () => {
    const runtime = await openRuntime({ device: 'webgpu' });
    const [small, large] = [await runtime.load(repeated(2, 2)), await runtime.load(repeated(2 ** 15, 2 ** 15))];
    await expect(large.run(feeds, ['y'])).rejects.toMatchObject({
      code: 'OUT_OF_MEMORY',
      message: expect.stringMatching(/on webgpu: .* takes 4\.3 GB \(Expand\): give a smaller --size, --precision fast, .*--device cpu/),
    });
    expect((await small.run(feeds, ['y'])).y!.data[0]).toBe(3);
    await runtime.close();
  }, 100_000);
});
