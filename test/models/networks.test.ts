import { copyFile, cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { embeddedModel, packageRoot } from '../../config/paths.ts';
import { autoencoderDCConfig } from '../../models/networks/autoencoder-dc.ts';
import { autoencoderKLConfig, autoencoderKLDecoder, autoencoderKLEncoder } from '../../models/networks/autoencoder-kl.ts';
import { autoencoderTinyConfig } from '../../models/networks/autoencoder-tiny.ts';
import { clipText, clipTextConfig } from '../../models/networks/clip-text.ts';
import { ModelConfigError, readConfig } from '../../models/networks/config.ts';
import { controlHint, controlNet, guessScales } from '../../models/networks/controlnet.ts';
import { checkFinite } from '../../models/networks/finite.ts';
import { openNetworkFolder } from '../../models/networks/folder.ts';
import { controlNetConfig, unetConfig } from '../../models/networks/unet-config.ts';
import { unet2d } from '../../models/networks/unet2d.ts';
import type { NetworkGraph } from '../../models/onnx/network-graph.ts';
import { openRuntime, type Runtime } from '../../models/runtime/runtime.ts';
import { elements, type IntTensor, type Tensor, tensor } from '../../models/tensor.ts';
import { WeightError, type WeightSource } from '../../models/weights/weight-source.ts';
import { difference, noise, runGraph, scalar } from './graphs.ts';

let runtime: Runtime;
beforeAll(async () => {
  runtime = await openRuntime({ device: 'cpu' });
});
afterAll(() => runtime.close());

/** Weights that have whatever a network asks for: they tell the names and dims of a full-size network without its file. */
const anything = (): WeightSource => ({
  label: 'anything',
  find: (name, dims) => ({ name, dtype: 'F32', dims, file: '/weights', offset: 0, length: 4 * elements(dims) }),
  names: () => [],
});

const raw = (values: Record<string, unknown>): { file: string; values: Record<string, unknown> } => ({ file: 'unet/config.json', values });
const totals = ({ weights }: NetworkGraph): [tensors: number, numbers: number] => [
  weights.length,
  weights.reduce((n, { dims }) => n + elements(dims), 0),
];

const sd1 = { cross_attention_dim: 768 };
const sd2 = { cross_attention_dim: 1024, attention_head_dim: [5, 10, 20, 20], use_linear_projection: true };
const vae = {
  block_out_channels: [128, 256, 512, 512],
  layers_per_block: 2,
  down_block_types: Array(4).fill('DownEncoderBlock2D'),
  up_block_types: Array(4).fill('UpDecoderBlock2D'),
};
const clipL = { hidden_size: 768, intermediate_size: 3072, num_attention_heads: 12, num_hidden_layers: 12 };

// Counts of the published checkpoints.
test.each([
  ['the U-Net of SD 1.5', () => unet2d(unetConfig(raw(sd1)), anything()), 686, 859_520_964],
  ['the U-Net of SD 2.1', () => unet2d(unetConfig(raw(sd2)), anything()), 686, 865_910_724],
  ['the text encoder of SD 1.5', () => clipText(clipTextConfig(raw(clipL)), anything()), 196, 123_060_480],
])('%s has its tensors and parameters', (_, build, tensors, parameters) => {
  expect(totals(build())).toEqual([tensors, parameters]);
});

test('a ControlNet of SD 1.5 and what reads its pictures have their tensors and parameters', () => {
  const config = controlNetConfig(raw(sd1));
  const [net, hint] = [totals(controlNet(config, anything())), totals(controlHint(config, anything()))];
  expect([net[0] + hint[0], net[1] + hint[1]]).toEqual([340, 361_279_120]);
});

test('the autoencoder of SD has its tensors and parameters', () => {
  const config = autoencoderKLConfig(raw(vae));
  const [encoder, decoder] = [totals(autoencoderKLEncoder(config, anything())), totals(autoencoderKLDecoder(config, anything()))];
  expect([encoder[0] + decoder[0], encoder[1] + decoder[1]]).toEqual([248, 83_653_863]);
});

const refusals: [read: (values: Record<string, unknown>) => unknown, values: Record<string, unknown>, message: string][] = [
  [v => unetConfig(raw(v)), { act_fn: 'mish' }, 'act_fn is "mish", only "silu" or "swish" is supported'],
  [v => unetConfig(raw(v)), { mid_block_type: 'UNetMidBlock2DSimpleCrossAttn' }, 'mid_block_type'],
  [v => unetConfig(raw(v)), { resnet_time_scale_shift: 'scale_shift' }, 'resnet_time_scale_shift'],
  [v => unetConfig(raw(v)), { class_embed_type: 'timestep' }, 'class_embed_type is "timestep"'],
  [v => unetConfig(raw(v)), { in_channels: 9 }, 'in_channels is 9, but out_channels is 4'],
  [v => unetConfig(raw(v)), { attention_head_dim: 3 }, 'attention_head_dim 3 (the number of heads) does not divide 320 channels'],
  [v => unetConfig(raw(v)), { norm_num_groups: 7 }, 'norm_num_groups 7 does not divide 320 channels'],
  [v => unetConfig(raw(v)), { down_block_types: ['DownBlock2D', 'AttnDownBlock2D'] }, 'down_block_types has "AttnDownBlock2D"'],
  [v => unetConfig(raw(v)), { block_out_channels: [320, 640] }, 'block_out_channels has 2 entries, but there are 4 blocks'],
  [
    v => unetConfig(raw(v)),
    { layers_per_block: [2, 2] },
    'layers_per_block is [2,2], expects a whole number from 1 to 128, or a list of 4',
  ],
  [v => unetConfig(raw(v)), { layers_per_block: 0 }, 'layers_per_block is 0'],
  [v => unetConfig(raw(v)), { up_block_types: ['UpBlock2D'] }, 'up_block_types has 1 blocks'],
  [v => unetConfig(raw(v)), { _class_name: 'UNet3DConditionModel' }, '_class_name is "UNet3DConditionModel"'],
  [v => unetConfig(raw(v)), { addition_embed_type: 'text' }, 'addition_embed_type'],
  [v => unetConfig(raw(v)), { addition_embed_type: 'text_time' }, 'addition_time_embed_dim'],
  [v => controlNetConfig(raw(v)), { controlnet_conditioning_channel_order: 'gbr' }, 'controlnet_conditioning_channel_order is "gbr"'],
  [v => controlNetConfig(raw(v)), { global_pool_conditions: true }, 'global_pool_conditions is true'],
  [v => autoencoderKLConfig(raw(v)), { latents_mean: [0, 0] }, 'latents_mean'],
  [v => autoencoderKLConfig(raw(v)), { ...vae, norm_num_groups: 48 }, 'norm_num_groups 48 does not divide 128 channels'],
  [v => autoencoderTinyConfig(raw(v)), { act_fn: 'gelu' }, 'act_fn is "gelu"'],
  [v => autoencoderTinyConfig(raw(v)), { num_encoder_blocks: [1, 3] }, 'num_encoder_blocks has 2 entries'],
  [
    v => autoencoderDCConfig(raw(v)),
    { encoder_block_types: ['ResBlock', 'EfficientViTBlock'] },
    'encoder_block_types has "EfficientViTBlock"',
  ],
  [v => autoencoderDCConfig(raw(v)), { decoder_norm_types: 'batch_norm' }, 'decoder_norm_types is "batch_norm"'],
  [v => autoencoderDCConfig(raw(v)), { decoder_layers_per_block: [1, 3] }, 'decoder_layers_per_block has 2 entries'],
  [v => autoencoderDCConfig(raw(v)), { encoder_layers_per_block: [1, 0, 1, 1, 1, 1] }, 'is 0 at level 1: only the first'],
  [v => clipTextConfig(raw(v)), { hidden_act: 'relu' }, 'hidden_act is "relu"'],
  [v => clipTextConfig(raw(v)), { model_type: 'bert' }, 'model_type is "bert"'],
  [v => clipTextConfig(raw(v)), { num_attention_heads: 7 }, 'num_attention_heads 7 does not divide hidden_size 512'],
];

test.each(refusals)('%s %j is refused by name', (read, values, message) => {
  expect(() => read(values)).toThrow(ModelConfigError);
  expect(() => read(values)).toThrow(message);
});

describe('a network folder', () => {
  let folder: string;
  const small = join(packageRoot, 'test', 'oracles', 'models', 'unet-order', 'unet');
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rerender-network-'));
    await cp(small, folder, { recursive: true });
  });
  afterAll(() => rm(folder, { recursive: true }));

  test('without weights, without config, or with a config that is no JSON, says so', async () => {
    const other = await mkdtemp(join(tmpdir(), 'rerender-network-'));
    await expect(openNetworkFolder(other)).rejects.toThrow(/config\.json: cannot be read/);
    await copyFile(join(small, 'config.json'), join(other, 'config.json'));
    await expect(openNetworkFolder(other)).rejects.toThrow(/no weights here; expects one of diffusion_pytorch_model\.safetensors/);
    await writeFile(join(other, 'config.json'), '{"in_channels": 4,');
    await expect(readConfig(other)).rejects.toThrow(/config\.json: is not JSON/);
    await rm(other, { recursive: true });
  });

  test('whose config and weights disagree names the config key', async () => {
    const { config, weights } = await openNetworkFolder(folder);
    const wider = { ...config, values: { ...config.values, cross_attention_dim: 40 } };
    const build = (): NetworkGraph => unet2d(unetConfig(wider), weights);
    expect(build).toThrow(WeightError);
    expect(build).toThrow(/attn2\.to_k\.weight: expects \[12, 40\] \(cross_attention_dim\), checkpoint has \[12, 32\]/);
  });

  test('with a weight that is NaN is found out by what the network answers', async () => {
    const file = join(folder, 'diffusion_pytorch_model.safetensors');
    const { config, weights } = await openNetworkFolder(folder);
    const { offset } = weights.find('conv_norm_out.weight', [6]) ?? { offset: 0 };
    const bytes = await readFile(file);
    bytes.writeFloatLE(Number.NaN, offset);
    await writeFile(file, bytes);
    const graph = unet2d(unetConfig(config), weights);
    const outputs = await runGraph(runtime, graph, restingFeeds(graph, 1, [8, 8]), ['eps']);
    await expect(checkFinite([graph], outputs)).rejects.toThrow(/conv_norm_out\.weight holds NaN or infinity/);
    await expect(checkFinite([graph], { eps: tensor([1]) })).resolves.toBeUndefined();
  });
});

/** Noise for the sample and the text; everything else at rest. */
const restingFeeds = (graph: NetworkGraph, batch: number, [height, width]: [number, number]): Record<string, Tensor | IntTensor> => {
  const dimsOf = (name: string): (string | number)[] => [...(graph.inputs.find(port => port.name === name)?.dims ?? [])];
  return Object.fromEntries(
    graph.inputs.map(({ name, dims }) => {
      if (name === 'sample') return [name, noise(name, [batch, Number(dims[1]), height, width])];
      if (name === 'context') return [name, noise(name, [batch, 5, Number(dimsOf('context')[2])])];
      if (name === 'timestep') return [name, tensor([1], Float32Array.of(321))];
      if (name.startsWith('n_self.')) return [name, { dims: [1], data: BigInt64Array.of(1_000_000n) }];
      if (name.startsWith('bank.')) return [name, tensor([batch, 0, Number(dims[2])])];
      if (name.startsWith('control.')) return [name, tensor([1, 1, 1, 1])];
      return [name, scalar(1)];
    }),
  );
};

describe('the U-Net of the embedded model', () => {
  const open = async (options = {}): Promise<NetworkGraph> => {
    const { config, weights } = await openNetworkFolder(join(embeddedModel, 'unet'));
    return unet2d(unetConfig(config), weights, options);
  };
  const epsOf = async (graph: NetworkGraph, feeds: Record<string, Tensor | IntTensor>): Promise<Tensor> =>
    (await runGraph(runtime, graph, feeds, ['eps'])).eps as Tensor;

  test.each([
    [16, 24],
    [13, 9],
  ] as const)('computes the same with FreeU at rest as without it, on %ix%i', async (height, width) => {
    const [withFreeU, without] = [await open(), await open({ freeu: 'off' })];
    for (const version of [1, 2]) {
      const feeds = { ...restingFeeds(withFreeU, 2, [height, width]), freeu_version: scalar(version) };
      const plain = restingFeeds(without, 2, [height, width]);
      expect(difference(await epsOf(withFreeU, feeds), await epsOf(without, plain))).toBeLessThan(1e-6);
    }
  });

  test('computes the same for any size, for one size, and with either way of attention', async () => {
    const graph = await open();
    const feeds = { ...restingFeeds(graph, 2, [12, 20]), b1: scalar(1.3), s2: scalar(0.4), freeu_version: scalar(2) };
    const free = await epsOf(graph, feeds);
    const level = Math.max(...free.data.map(Math.abs)); // about 30: v of an almost clean schedule
    const fixed = graph.adapt?.({ sizes: { batch: 2, pictures: 2, height: 12, width: 20 } }) as NetworkGraph;
    expect(fixed.inputs.find(({ name }) => name === 'sample')?.dims).toEqual([2, 32, 12, 20]);
    expect(difference(await epsOf(fixed, feeds), free)).toBeLessThan(3e-6 * level);
    const plain = { ...(graph.adapt?.({ attention: 'plain' }) ?? graph), adapt: undefined }; // or the runtime would choose
    expect(difference(await epsOf(plain, feeds), free)).toBeLessThan(3e-6 * level);
  });

  test('a frame whose own tokens are no keys, but whose bank holds its own states, is the frame drawn plainly', async () => {
    const graph = await open();
    const feeds = restingFeeds(graph, 1, [16, 16]);
    const outputs = await runGraph(runtime, graph, feeds);
    const banks = Object.fromEntries(
      Object.entries(outputs).flatMap(([name, state]) => (name.startsWith('state.') ? [[name.replace('state', 'bank'), state]] : [])),
    );
    const none = Object.keys(banks).map(name => [name.replace('bank', 'n_self'), { dims: [1], data: BigInt64Array.of(0n) }] as const);
    const again = await epsOf(graph, { ...feeds, ...banks, ...Object.fromEntries(none) });
    expect(Object.keys(banks)).toHaveLength(4);
    expect(difference(again, outputs.eps as Tensor)).toBeLessThan(2e-5);
  });

  test('needs every weight of its file, and nothing else', async () => {
    expect((await open()).unused).toEqual([]);
  });
});

test("guess mode's scales rise evenly in logarithm from 0.1 to 1", () => {
  expect([...guessScales(3)]).toEqual([Math.fround(0.1), Math.fround(10 ** -0.5), 1]);
});
