// Times a model's networks with direct convolutions and with the forms that the CPU's rule chooses, in turn in one process.
//   npx tsx bench/networks.ts [--model FOLDER | --shape sd15|sdxl|modelscope] [--size 512] [--frames 16] [--rounds 3]
//                             [--parts unet,decoder,encoder] [--threads 2]
// Without a folder, random weights of the shape (default Stable Diffusion 1.5's) are written to a temporary one. The U-Net runs on a
// guidance pair; a video model's on one prompt and `--frames` of a clip, as it draws. Seconds are the smallest of all rounds; the error is
// rms(y - direct) / rms(direct).
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { direct, fewestProducts } from '../models/onnx/convolution/form.ts';
import type { Sizes } from '../models/onnx/dims.ts';
import type { NetworkGraph } from '../models/onnx/network-graph.ts';
import { openModelFolder } from '../models/open/model-folder.ts';
import { openSession, runSession } from '../models/runtime/session.ts';
import { writeRandomModel } from '../pipeline/bench/random-model.ts';
import { SHAPED, type Shape } from '../pipeline/bench/shapes.ts';
import { feedsOf } from './feeds.ts';

const { values } = parseArgs({
  options: {
    model: { type: 'string' },
    shape: { type: 'string', default: 'sd15' },
    size: { type: 'string', default: '512' },
    frames: { type: 'string', default: '16' },
    rounds: { type: 'string', default: '3' },
    parts: { type: 'string', default: 'unet,decoder,encoder' },
    threads: { type: 'string', default: String(availableParallelism()) },
  },
});

const FORMS = { direct, chosen: fewestProducts };

const compare = async (what: string, graph: NetworkGraph, sizes: Sizes, output: string): Promise<void> => {
  const feeds = feedsOf(graph, sizes);
  const rows = [];
  for (const [form, convolution] of Object.entries(FORMS)) {
    const sized = graph.adapt!({ sizes, convolution });
    const begin = performance.now();
    const session = await openSession(
      { ...sized, mapped: form === 'chosen', large: form === 'chosen' },
      { provider: 'cpu', deviceId: 0, threads: Number(values.threads) },
    );
    rows.push({ form, session, opening: (performance.now() - begin) / 1000, seconds: Number.POSITIVE_INFINITY });
  }
  const results: Float32Array[] = [];
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const [i, row] of rows.entries()) {
      const begin = performance.now();
      results[i] = (await runSession(row.session, feeds, [output]))[output]!.data;
      row.seconds = Math.min(row.seconds, (performance.now() - begin) / 1000);
    }
  }
  const [reference] = results as [Float32Array];
  const level = Math.sqrt(reference.reduce((sum, value) => sum + value * value, 0));
  for (const [i, { form, opening, seconds }] of rows.entries()) {
    const off = Math.sqrt(results[i]!.reduce((sum, value, k) => sum + (value - reference[k]!) ** 2, 0)) / level;
    const ratio = rows[0]!.seconds / seconds;
    console.log(
      `${what} ${form}: ${seconds.toFixed(2)} s, ${ratio.toFixed(2)}x, error ${off.toExponential(1)}, opened in ${opening.toFixed(1)} s`,
    );
  }
  for (const { session } of rows) await session.release();
};

const main = async (folder: string): Promise<void> => {
  const { kind, unet, autoencoder } = await openModelFolder(folder);
  const [side, parts] = [Number(values.size), values.parts.split(',')];
  const latent = side / autoencoder.factor;
  const of = (batch: number, size: number): Sizes => ({ batch, height: size, width: size, tokens: 77, frames: Number(values.frames) });
  if (parts.includes('unet')) await compare('U-Net', unet.graph, of(kind === 'video' ? 1 : 2, latent), 'eps');
  if (parts.includes('decoder')) await compare('decoder', autoencoder.decoder, of(1, latent), 'image');
  if (parts.includes('encoder')) await compare('encoder', autoencoder.encoder, of(1, side), 'mean');
};

if (values.model !== undefined) await main(values.model);
else {
  const folder = mkdtempSync(join(tmpdir(), 'networks-'));
  try {
    await writeRandomModel(folder, SHAPED[values.shape as Shape]);
    await main(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
