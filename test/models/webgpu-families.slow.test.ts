// Every family of networks on WebGPU, by a software driver: the numbers of the CPU.
import { beforeAll, describe, expect, test } from 'vitest';
import type { NetworkGraph } from '../../models/onnx/network-graph.ts';
import type { Feeds } from '../../models/runtime/calls.ts';
import { openRuntime } from '../../models/runtime/runtime.ts';
import type { Tensor } from '../../models/tensor.ts';
import { softwareDriver, useSoftwareDriver } from '../support/vulkan.ts';
import { FAMILIES, familyGraphs, feedOf } from './families.ts';

/** Outputs on a device. */
const outputsOn = async (device: 'cpu' | 'webgpu', graph: NetworkGraph): Promise<Record<string, Tensor>> => {
  const runtime = await openRuntime({ device });
  try {
    const network = await runtime.load(graph);
    const feeds: Feeds = Object.fromEntries(graph.inputs.map(port => [port.name, feedOf(port)]));
    return await network.run(
      feeds,
      graph.outputs.map(({ name }) => name),
    );
  } finally {
    await runtime.close();
  }
};

describe.skipIf(!softwareDriver)('on WebGPU', () => {
  useSoftwareDriver();
  let made: Awaited<ReturnType<typeof familyGraphs>>;
  beforeAll(async () => {
    made = await familyGraphs();
  });

  test.each(FAMILIES)(
    '%s',
    async name => {
      const [cpu, gpu] = [await outputsOn('cpu', made[name]), await outputsOn('webgpu', made[name])];
      expect(Object.keys(gpu)).toEqual(Object.keys(cpu));
      for (const [output, { dims, data }] of Object.entries(cpu)) {
        const scale = data.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
        const worst = data.reduce((most, v, i) => Math.max(most, Math.abs(v - gpu[output]!.data[i]!)), 0);
        expect([output, gpu[output]!.dims]).toEqual([output, dims]);
        expect(scale).toBeGreaterThan(0.01);
        expect(worst / scale, output).toBeLessThan(1e-4);
      }
    },
    200_000,
  );
});
