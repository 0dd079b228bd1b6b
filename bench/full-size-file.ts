// Opens one file of Stable Diffusion 1.5's shapes, with random weights under LDM names:
// what opening costs, and time and memory of a key frame.
//   npx tsx bench/full-size-file.ts [--draw] [FOLDER]     writes 4.3 GB there (default: a temporary folder, removed at the end)
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { autoencoderKLConfig, autoencoderKLDecoder, autoencoderKLEncoder } from '../models/networks/autoencoder-kl.ts';
import { clipText, clipTextConfig } from '../models/networks/clip-text.ts';
import { unetConfig } from '../models/networks/unet-config.ts';
import { unet2d } from '../models/networks/unet2d.ts';
import { ldmPlace } from '../models/weights/lora/ldm-names.ts';
import { shapesOf } from '../models/weights/shapes-of.ts';
import { writeWeights } from '../pipeline/bench/random-weights.ts';
import { measureDrawing } from '../pipeline/session/measure.ts';
import { openModel } from '../pipeline/session/open-model.ts';
import { withStyle } from '../pipeline/session/request.ts';
import { settleRun } from '../pipeline/session/settle.ts';

const config = (values: Record<string, unknown>) => ({ file: 'config.json', values });
const UNET = unetConfig(config({ cross_attention_dim: 768 }));
const VAE = autoencoderKLConfig(
  config({
    block_out_channels: [128, 256, 512, 512],
    layers_per_block: 2,
    down_block_types: Array(4).fill('DownEncoderBlock2D'),
    up_block_types: Array(4).fill('UpDecoderBlock2D'),
  }),
);
const TEXT = clipTextConfig(config({ hidden_size: 768, intermediate_size: 3072, num_attention_heads: 12, num_hidden_layers: 12 }));

const place = ldmPlace(UNET);

/** Norms stand before the convolutions whose places are known. */
const unetName = (name: string): string => {
  const [, module = '', leaf] = /^(.*)\.(weight|bias)$/.exec(name) ?? [];
  if (module === 'conv_norm_out') return `out.0.${leaf}`;
  const norm = /\.resnets\.\d+\.norm[12]$/.test(module);
  const ldmName = place(norm ? module.replace(/norm(\d)$/, 'conv$1') : module) ?? module;
  return `${norm ? ldmName.replace('in_layers.2', 'in_layers.0').replace('out_layers.3', 'out_layers.0') : ldmName}.${leaf}`;
};

const vaeName = (name: string): string =>
  name
    .replace('conv_norm_out', 'norm_out')
    .replace('conv_shortcut', 'nin_shortcut')
    .replace(
      /down_blocks\.(\d)\.(resnets|downsamplers\.0)/,
      (_, level, part) => `down.${level}.${part === 'resnets' ? 'block' : 'downsample'}`,
    )
    .replace(/up_blocks\.(\d)\.(resnets|upsamplers\.0)/, (_, level, part) => `up.${3 - level}.${part === 'resnets' ? 'block' : 'upsample'}`)
    .replace(/mid_block\.resnets\.(\d)/, (_, block) => `mid.block_${Number(block) + 1}`)
    .replace('mid_block.attentions.0.group_norm', 'mid.attn_1.norm')
    .replace('mid_block.attentions.0.to_out.0', 'mid.attn_1.proj_out')
    .replace(/mid_block\.attentions\.0\.to_/, 'mid.attn_1.');

const NETWORKS = [
  [shapesOf(w => unet2d(UNET, w)), (name: string) => `model.diffusion_model.${unetName(name)}`],
  [shapesOf(w => [autoencoderKLEncoder(VAE, w), autoencoderKLDecoder(VAE, w)]), (name: string) => `first_stage_model.${vaeName(name)}`],
  [shapesOf(w => clipText(TEXT, w)), (name: string) => `cond_stage_model.transformer.${name}`],
] as const;

const { values: flags, positionals } = parseArgs({ allowPositionals: true, options: { draw: { type: 'boolean' } } });
const [modelFolder] = positionals;
const folder = modelFolder ?? mkdtempSync(join(tmpdir(), 'rerender-full-size-'));
try {
  const model = join(folder, 'model.safetensors');
  await writeWeights(model, new Map(NETWORKS.flatMap(([shapes, rename]) => [...shapes].map(([name, dims]) => [rename(name), dims]))));
  const { options } = await settleRun([{ origin: { kind: 'request' }, values: { style: 'an oil painting', model } }]);
  const before = process.memoryUsage();
  const cpu = process.cpuUsage();
  const drawing = withStyle(options);
  const opened = await openModel({ options: drawing, model, controls: [], warn: () => undefined });
  const { user, system } = process.cpuUsage(cpu);
  const after = process.memoryUsage();
  const mega = (kind: 'rss' | 'heapUsed' | 'arrayBuffers'): string => `${((after[kind] - before[kind]) / 1e6).toFixed(0)} MB`;
  const parameters = opened.model.info.parts.reduce((sum, part) => sum + part.parameters, 0);
  console.log(
    `${(parameters / 1e6).toFixed(1)} M parameters; opened in ${((user + system) / 1e6).toFixed(1)} s of CPU`,
    `with ${mega('heapUsed')} of JavaScript heap, ${mega('arrayBuffers')} of buffers, ${mega('rss')} in all`,
  );
  if (flags.draw) {
    const size = { width: 512, height: 512 };
    const { signal } = new AbortController();
    const { secondsPerStep, secondsPerPicture, memory } = await measureDrawing({ options: drawing, opened, size, signal });
    console.log(
      `512x512, guidance pair: ${secondsPerStep.toFixed(2)} s a step, ${secondsPerPicture.toFixed(2)} s for encoding and decoding,`,
      `${(memory / 1e9).toFixed(2)} GB at the peak`,
    );
  }
  await opened.close();
} finally {
  if (modelFolder === undefined) rmSync(folder, { recursive: true, force: true });
}
