// What an autoencoder's half takes for a large picture: seconds and memory, as a whole graph or in pieces, and each piece of it.
//   npx tsx bench/large-pictures.ts [--size 1920x1080] [--half decoder|encoder] [--network kl|tiny|mini] [--channels 128,256,512,512]
//                                   [--attention off] [--whole] [--strip-bytes 192e6] [--memory 1e9] [--rounds 1] [--folder FOLDER]
//                                   [--pieces]
// Random weights in Stable Diffusion's shapes (kl) or TAESD's (tiny), or the embedded model's (mini); they and what is derived of them are
// written to a temporary folder, or to FOLDER, where a later call finds them. `--whole` takes the whole graph whatever the size is.
// A decoder of fewer `--channels` has the outer levels alone, of the size that they have in the whole. Sampled 50 times a second.
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { embeddedModel } from '../config/paths.ts';
import { gaussian } from '../models/math/random.ts';
import { makeAutoencoder } from '../models/networks/autoencoder.ts';
import { openNetworkFolder } from '../models/networks/folder.ts';
import { forAnyPicture } from '../models/runtime/large-pictures.ts';
import { openRuntime } from '../models/runtime/runtime.ts';
import { shapesOf } from '../models/weights/shapes-of.ts';
import { asConfig } from '../pipeline/bench/random-model.ts';
import { writeWeights } from '../pipeline/bench/random-weights.ts';
import { phase } from './phase.ts';

const { values } = parseArgs({
  options: {
    size: { type: 'string', default: '1920x1080' },
    half: { type: 'string', default: 'decoder' },
    network: { type: 'string', default: 'kl' },
    channels: { type: 'string', default: '128,256,512,512' },
    attention: { type: 'string', default: 'on' },
    whole: { type: 'boolean', default: false },
    'strip-bytes': { type: 'string' },
    memory: { type: 'string' },
    rounds: { type: 'string', default: '1' },
    folder: { type: 'string' },
    pieces: { type: 'boolean', default: false },
  },
});

const channels = values.channels.split(',').map(Number);

const CONFIGS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  kl: {
    _class_name: 'AutoencoderKL',
    block_out_channels: channels,
    layers_per_block: 2,
    down_block_types: channels.map(() => 'DownEncoderBlock2D'),
    up_block_types: channels.map(() => 'UpDecoderBlock2D'),
    mid_block_add_attention: values.attention !== 'off',
  },
  tiny: { _class_name: 'AutoencoderTiny' },
};

/** The folder of the network, written where it is not there yet. */
const networkIn = async (folder: string): Promise<string> => {
  const config = CONFIGS[values.network];
  if (!config) return join(embeddedModel, 'vae');
  const place = join(folder, `${values.network} ${values.channels} ${values.attention}`);
  if (existsSync(place)) return place;
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, 'config.json'), JSON.stringify(config));
  const shapes = shapesOf(weights => makeAutoencoder({ place, config: asConfig(config), weights }));
  await writeWeights(join(place, 'diffusion_pytorch_model.safetensors'), shapes);
  return place;
};

const main = async (folder: string): Promise<void> => {
  const [width, height] = values.size.split('x').map(Number) as [number, number];
  const derived = { folder: join(folder, 'derived'), limit: 12e9 };
  const runtime = await openRuntime({ device: 'cpu', derived, scratch: join(folder, 'scratch') });
  const { factor, latentChannels, ...autoencoder } = makeAutoencoder(await openNetworkFolder(await networkIn(folder)));
  const graph = values.half === 'encoder' ? autoencoder.encoder : autoencoder.decoder;
  const [port] = graph.inputs;
  const [rows, columns] = [height, width].map(side => (port!.name === 'latent' ? side / factor : side)) as [number, number];
  const x = gaussian({ seed: 1, purpose: 'large' }, [1, Number(port!.dims[1]), rows, columns]);
  const network = forAnyPicture(runtime, graph, {
    ...(values.whole && { whole: Number.POSITIVE_INFINITY }),
    ...(values['strip-bytes'] !== undefined && { stripBytes: Number(values['strip-bytes']) }),
    ...(values.memory !== undefined && { memory: Number(values.memory) }),
    ...(values.pieces && {
      onPiece: ({ name, strips, seconds, written }) => {
        const sizes = `${(process.memoryUsage().rss / 1e9).toFixed(2)} GB in memory, ${(written / 1e9).toFixed(2)} GB written`;
        console.log(`  ${name}: ${strips} strips, ${seconds.toFixed(1)} s, ${sizes}`);
      },
    }),
  });
  const fetch = [graph.outputs[0]!.name];
  try {
    for (let i = 0; i < Number(values.rounds); i++)
      await phase(`${values.network} ${values.half} at ${values.size}`, () => network.run({ [port!.name]: x }, fetch));
    console.log(`sessions opened: ${network.usage().sessions}; latent channels: ${latentChannels}`);
  } finally {
    await runtime.close();
  }
};

const folder = values.folder ?? mkdtempSync(join(tmpdir(), 'large-'));
try {
  await main(folder);
} finally {
  if (values.folder === undefined) rmSync(folder, { recursive: true });
}
