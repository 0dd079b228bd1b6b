// The GPU path without a GPU: WebGPU on Chromium's software Vulkan driver. It proves the numbers, not the speed. Every family of networks
// is in webgpu-families.slow.test.ts.
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { embeddedModel } from '../../config/paths.ts';
import { openDiffusionModel } from '../../models/diffusion-model.ts';
import { gaussian } from '../../models/math/random.ts';
import { openNetworkFolder } from '../../models/networks/folder.ts';
import { unetConfig } from '../../models/networks/unet-config.ts';
import { unet2d } from '../../models/networks/unet2d.ts';
import type { NetworkGraph } from '../../models/onnx/network-graph.ts';
import type { Feeds } from '../../models/runtime/calls.ts';
import { describeDevices } from '../../models/runtime/describe-devices.ts';
import { checkHalfPrecision } from '../../models/runtime/half-precision.ts';
import { openRuntime } from '../../models/runtime/runtime.ts';
import { type Tensor, tensor } from '../../models/tensor.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { tinySd, writeFolder } from '../support/tiny-sd.ts';
import { softwareDriver, useSoftwareDriver } from '../support/vulkan.ts';

const root = temporaryFolder();
const scalar = (value: number): Tensor => tensor([], Float32Array.of(value));

/** A guidance pair with FreeU on and own tokens as keys, small latents. */
const feedsOf = (graph: NetworkGraph): Feeds => {
  const fixed: Feeds = {
    sample: gaussian({ seed: 1, purpose: 'sample' }, [2, 32, 8, 12]),
    timestep: tensor([1], Float32Array.of(401)),
    context: gaussian({ seed: 1, purpose: 'context' }, [2, 77, 128]),
    b1: scalar(1.2),
    b2: scalar(1.4),
    s1: scalar(0.9),
    s2: scalar(0.2),
    freeu_version: scalar(2),
  };
  const idle = (name: string, channels: number): Tensor => (name.startsWith('bank.') ? tensor([2, 0, channels]) : tensor([1, 1, 1, 1]));
  const own = { dims: [1], data: BigInt64Array.of(10_000n) };
  const feed = (name: string, channels: number) => fixed[name] ?? (name.startsWith('n_self.') ? own : idle(name, channels));
  return Object.fromEntries(graph.inputs.map(({ name, dims }) => [name, feed(name, Number(dims[2]))]));
};

describe.skipIf(!softwareDriver)('WebGPU', () => {
  useSoftwareDriver();

  test('the U-Net computes what it computes on the CPU', async () => {
    const { config, weights } = await openNetworkFolder(join(embeddedModel, 'unet'));
    const graph = unet2d(unetConfig(config), weights);
    const draw = async (device: 'cpu' | 'webgpu'): Promise<Tensor> => {
      const runtime = await openRuntime({ device });
      expect(runtime.device).toBe(device);
      const network = await runtime.load(graph);
      const { eps } = await network.run(feedsOf(graph), ['eps']);
      await runtime.close();
      return eps!;
    };
    const [cpu, gpu] = [await draw('cpu'), await draw('webgpu')];
    const scale = cpu.data.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
    const worst = cpu.data.reduce((most, v, i) => Math.max(most, Math.abs(v - gpu.data[i]!)), 0);
    expect(gpu.dims).toEqual(cpu.dims);
    expect(scale).toBeGreaterThan(0.5);
    expect(worst / scale).toBeLessThan(1e-4);
  }, 400_000); // a software driver compiles every shader on cores that other tests use as well

  test('an autoencoder that overflows on the device is computed again on the CPU, with one warning for each half', async () => {
    // Features far from 0 beside their spread: the provider's norms take the mean of squares less the squared mean, which rounds below 0.
    const sd = tinySd(1);
    const far = (name: string): Record<string, Tensor> => {
      const [weight, bias] = [sd.vae[`${name}.weight`]!, sd.vae[`${name}.bias`]!];
      return {
        [`${name}.weight`]: tensor(
          weight.dims,
          weight.data.map(v => v * 1e10),
        ),
        [`${name}.bias`]: tensor(
          bias.dims,
          bias.data.map(() => 1e15),
        ),
      };
    };
    const folder = writeFolder(join(root, 'sd'), { ...sd, vae: { ...sd.vae, ...far('encoder.conv_in'), ...far('decoder.conv_in') } });
    const image = gaussian({ seed: 1, purpose: 'image' }, [1, 3, 16, 16]);
    const latent = gaussian({ seed: 1, purpose: 'latent' }, [1, 4, 8, 8]);
    const there = async (device: 'cpu' | 'webgpu') => {
      const runtime = await openRuntime({ device });
      const warnings: string[] = [];
      const model = await openDiffusionModel(folder, { runtime, warn: message => warnings.push(message) });
      const results = [await model.encodeImage(image), await model.decodeLatent(latent), await model.decodeLatent(latent)];
      const { encoder, decoder } = model.usage();
      await model.release();
      await runtime.close();
      return { results, warnings, runs: [encoder.runs, decoder.runs] };
    };
    const [cpu, gpu] = [await there('cpu'), await there('webgpu')];
    expect([cpu.warnings, cpu.runs, gpu.runs]).toEqual([[], [1, 2], [2, 4]]);
    expect(gpu.results).toEqual(cpu.results);
    expect(gpu.warnings).toEqual(
      ['encoder', 'decoder'].map(part =>
        expect.stringMatching(new RegExp(`autoencoder's ${part} \\(vae/\\) answered with NaN .* on webgpu`)),
      ),
    );
  }, 200_000);

  test('auto takes WebGPU when a Vulkan driver is chosen by its variable', async () => {
    const runtime = await openRuntime();
    expect(['cuda', 'webgpu']).toContain(runtime.device);
    await runtime.close();
    const described = (await describeDevices()).find(({ device }) => device === 'webgpu')!;
    expect(described).toMatchObject({ state: 'software', adapters: [{ name: 'SwiftShader', software: true }], attention: 'plain' });
    expect(described.precisions).toEqual(['exact']); // SwiftShader has no 16-bit numbers in its programs
    const gpu = await openRuntime({ device: 'webgpu' });
    await expect(checkHalfPrecision(gpu)).rejects.toThrow(
      /half precision on webgpu, which its driver does not have: draw with --precision exact/,
    );
    await gpu.close();
  }, 100_000);
});
