import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { skipJoin } from '../../models/networks/blocks/join-skip.ts';
import { downPath, middle, type Place, residualChannels, upPath } from '../../models/networks/blocks/unet-path.ts';
import { controlNet } from '../../models/networks/controlnet.ts';
import { controlNetConfig, type Level, unetConfig } from '../../models/networks/unet-config.ts';
import { unet2d } from '../../models/networks/unet2d.ts';
import { unet3d } from '../../models/networks/unet3d.ts';
import { unet3dConfig } from '../../models/networks/unet3d-config.ts';
import { Graph } from '../../models/onnx/graph.ts';
import type { NetworkGraph } from '../../models/onnx/network-graph.ts';
import { openRuntime, type Runtime } from '../../models/runtime/runtime.ts';
import { elements, tensor } from '../../models/tensor.ts';
import type { WeightSource } from '../../models/weights/weight-source.ts';
import { evaluate } from './graphs.ts';

const anything: WeightSource = {
  label: 'anything',
  find: (name, dims) => ({ name, dtype: 'F32', dims, file: '/weights', offset: 0, length: 4 * elements(dims) }),
  names: () => [],
};

type Shape = { readonly attention: readonly boolean[]; readonly layers: readonly number[]; readonly upAttention: readonly boolean[] };

/** What a walk over levels of 4, 8, 16 ... channels shows to its hooks: `way block.layer`, `*` where the level attends; and the joins. */
const walk = ({ attention, layers, upAttention }: Shape) => {
  const g = new Graph('walk', anything);
  const levels = attention.map((attention, i): Level => {
    return { channels: 4 * 2 ** i, layers: layers[i]!, transformerLayers: 1, heads: 1, contextWidth: 8, attention };
  });
  const places: string[] = [];
  const joins: [k: number, backbone: number, skip: number][] = [];
  const show = ({ way, block, layer, attends }: Place): string => `${way} ${block}.${layer}${attends ? '*' : ''}`;
  const path = {
    config: { levels, upAttention, groups: 2, epsilon: 1e-5, middleAttention: true },
    time: g.input('time', ['n', 16]),
    after: (x: ReturnType<typeof g.input>, place: Place) => {
      places.push(show(place));
      expect(x.size(1)).toBe(place.level.channels);
      return x;
    },
  };
  const skips = downPath(g, g.input('x', ['n', 4, 'h', 'w']), path);
  const join = skipJoin(g, { firstChannels: 4, freeu: undefined });
  const bottom = middle(g, skips.at(-1)!, path);
  const top = upPath(g, bottom, skips, {
    ...path,
    join: (x, skip, place, k) => {
      expect(skip).toBe(skips[k]);
      joins.push([k, x.size(1), skip.size(1)]);
      return join(x, skip, place, k);
    },
  });
  return { places, joins, skips: skips.map(skip => skip.size(1)), residuals: residualChannels({ levels }), top: top.dims };
};

describe('the walk over the levels of a U-Net', () => {
  test.each<[name: string, shape: Shape, down: string, middle: string, up: string]>([
    [
      'two levels, as in Stable Diffusion',
      { attention: [true, false], layers: [2, 2], upAttention: [false, true] },
      'down 0.0*, down 0.1*, down 1.0, down 1.1',
      'middle 0.0*, middle 0.1',
      'up 0.0, up 0.1, up 0.2, up 1.0*, up 1.1*, up 1.2*',
    ],
    [
      'three levels, as in SDXL',
      { attention: [false, true, true], layers: [1, 1, 1], upAttention: [true, true, false] },
      'down 0.0, down 1.0*, down 2.0*',
      'middle 0.0*, middle 0.1',
      'up 0.0*, up 0.1*, up 1.0*, up 1.1*, up 2.0, up 2.1',
    ],
    [
      'levels of unlike length',
      { attention: [false, true], layers: [1, 3], upAttention: [true, false] },
      'down 0.0, down 1.0*, down 1.1*, down 1.2*',
      'middle 0.0*, middle 0.1',
      'up 0.0*, up 0.1*, up 0.2*, up 0.3*, up 1.0, up 1.1',
    ],
  ])('%s: the hook follows every residual block, in the order of the features', (_, shape, down, middle, up) => {
    expect(walk(shape).places).toEqual([down, middle, up].join(', ').split(', '));
  });

  test('every skip is joined once, the last one first, beside features of the level below', () => {
    const { joins, skips, residuals, top } = walk({ attention: [true, false], layers: [2, 2], upAttention: [false, true] });
    expect(skips).toEqual([4, 4, 4, 4, 8, 8]); // the first convolution, two layers, a downsampler, two layers
    expect(residuals).toEqual([...skips, 8]);
    expect(joins).toEqual([
      [5, 8, 8],
      [4, 8, 8],
      [3, 8, 4],
      [2, 8, 4],
      [1, 4, 4],
      [0, 4, 4],
    ]);
    expect(top).toEqual(['n', 4, 'h', 'w']);
  });
});

describe('networks that walk it', () => {
  const raw = (values: Record<string, unknown>) => ({ file: 'unet/config.json', values });
  const names = ({ weights }: NetworkGraph): string[] => weights.map(({ name }) => name);
  const shared = { block_out_channels: [64, 128], layers_per_block: 2, cross_attention_dim: 24, norm_num_groups: 4 };
  const flat = {
    ...shared,
    down_block_types: ['CrossAttnDownBlock2D', 'DownBlock2D'],
    up_block_types: ['UpBlock2D', 'CrossAttnUpBlock2D'],
    attention_head_dim: [2, 4], // the number of heads
    use_linear_projection: true,
  };
  const deep = {
    ...shared,
    down_block_types: ['CrossAttnDownBlock3D', 'DownBlock3D'],
    up_block_types: ['UpBlock3D', 'CrossAttnUpBlock3D'],
    attention_head_dim: 32, // the size of a head
  };
  const pictures = names(unet2d(unetConfig(raw(flat)), anything));

  test('a video model reads what the U-Net of pictures reads, in its order, and layers over time in between', () => {
    const clips = names(unet3d(unet3dConfig(raw(deep)), anything));
    const overTime = /(^|\.)(temp_convs|temp_attentions|transformer_in)\./;
    expect(clips.filter(name => !overTime.test(name))).toEqual(pictures);
    const layers = (list: readonly string[], name: string): string[] => [
      ...new Set(
        list.flatMap(
          weight =>
            weight
              .match(new RegExp(`^(.*)\\.${name}\\.(\\d+)\\.`))
              ?.slice(1, 3)
              .join(' ') ?? [],
        ),
      ),
    ];
    expect(layers(clips, 'temp_convs')).toEqual(layers(clips, 'resnets'));
    expect(layers(clips, 'temp_attentions')).toEqual(layers(clips, 'attentions'));
  });

  test('a ControlNet reads what the U-Net reads on its way down and in the middle', () => {
    const control = names(
      controlNet(controlNetConfig(raw({ ...flat, _class_name: 'ControlNetModel', up_block_types: undefined })), anything),
    );
    const ways = /^(down_blocks|mid_block)\./;
    expect(control.filter(name => ways.test(name))).toEqual(pictures.filter(name => ways.test(name)));
  });
});

describe('the join of backbone and skip', () => {
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await openRuntime({ device: 'cpu' });
  });
  afterAll(() => runtime.close());

  // On maps of one value v, FreeU's filter is s v, and version 1 is b x for the first half of the backbone's channels.
  const [X, SKIP, CONTROL, B, S] = [2, 3, 5, 1.5, 0.25] as const;
  const map = (channels: number, value: number) => {
    const { dims, data } = tensor([1, channels, 6, 5]);
    return tensor(dims, data.fill(value));
  };
  test.each([
    ['before-control', true, S * SKIP + CONTROL],
    ['after-control', true, S * (SKIP + CONTROL)],
    ['before-control', false, S * SKIP],
    ['after-control', false, S * SKIP],
  ] as const)('%s, with a control residual: %s', async (freeuOrder, controlled, expected) => {
    const level: Level = { channels: 4, layers: 1, transformerLayers: 1, heads: 1, contextWidth: 8, attention: false };
    const place: Place = { way: 'up', block: 0, layer: 0, level, attends: false, transformerLayers: 1 };
    const feeds = { x: map(4, X), skip: map(2, SKIP), ...(controlled && { control: map(2, CONTROL) }) };
    const joined = await evaluate(runtime, feeds, ({ x, skip, control }, g) => {
      const one = (value: number) => g.constant(value);
      const stage = (b: number, s: number) => ({ b: one(b), s: one(s), version: one(1) });
      const freeu = { stages: 'channels', strengths: [stage(B, S), stage(9, 9)] } as const;
      const controls = control && [x!, control]; // the join's skip is the second in push order
      return skipJoin(g, { firstChannels: 1, freeu, controls, freeuOrder })(x!, skip!, place, 1);
    });
    const rows = [B * X, B * X, X, X, expected, expected];
    expect(joined.dims).toEqual([1, 6, 6, 5]);
    for (const [c, value] of rows.entries()) {
      for (const found of joined.data.subarray(c * 30, (c + 1) * 30)) expect(found).toBeCloseTo(value, 5);
    }
  });
});
