// Kind bad-files: files that have to be refused with a message that names what is wrong.
import { basename, dirname, join } from 'node:path';
import { RerenderError } from '../../../config/errors.ts';
import { checkFinite } from '../../../models/networks/finite.ts';
import { openNetworkFolder } from '../../../models/networks/folder.ts';
import { unetConfig } from '../../../models/networks/unet-config.ts';
import { unet2d } from '../../../models/networks/unet2d.ts';
import { embeddingRows, readEmbedding } from '../../../models/text/embedding.ts';
import { ldmPlace } from '../../../models/weights/lora/ldm-names.ts';
import { mergeLoras } from '../../../models/weights/lora/merge.ts';
import { openLora } from '../../../models/weights/lora/read.ts';
import { openSafetensors } from '../../../models/weights/safetensors.ts';
import { openTorchFile } from '../../../models/weights/torch/read.ts';
import type { WeightSource } from '../../../models/weights/weight-source.ts';
import type { Case, Context, KindCheck } from '../case.ts';
import { openUNet, runOnce, unetFeeds } from '../networks.ts';

type Loader = (files: readonly string[], context: Context, c: Case) => Promise<unknown>;

/** Builds the U-Net of the folder and runs it once, as weights that are no numbers show only in what it computes. */
const useUNet: Loader = async (files, context) => {
  const config = files.find(file => file.endsWith('config.json')) ?? '';
  const graph = await openUNet(dirname(config));
  const side = 8;
  const dims = (name: string): number[] => {
    const port = graph.inputs.find(input => input.name === name);
    const sizes: Record<string, number> = { batch: 1, tokens: 3, height: side, width: side, timesteps: 1 };
    return (port?.dims ?? []).map(dim => (typeof dim === 'number' ? dim : (sizes[dim] ?? 1)));
  };
  const ones = (name: string): Case['inputs'][string] => {
    const shape = dims(name);
    return { dims: shape, data: new Float32Array(shape.reduce((n, dim) => n * dim, 1)).fill(0.5) };
  };
  const inputs = { sample: ones('sample'), timestep: ones('timestep'), encoder_hidden_states: ones('context') };
  const feeds = unetFeeds(graph, { inputs } as unknown as Case);
  await checkFinite([graph], await runOnce(graph, feeds, context));
};

/** Tries a LoRA on the U-Net of the case's model, an embedding on a text encoder of the width in the options. */
const useAdapter: Loader = async ([file = ''], _, c) => {
  const width = Number(c.options.hidden_size);
  if (basename(file).startsWith('embedding')) return embeddingRows([await readEmbedding({ path: file })], [{ second: false, width }]);
  const { config, weights } = await openNetworkFolder(join(c.model ?? '', 'unet'));
  const unet = unetConfig(config);
  const build = (source: WeightSource) => unet2d(unet, source);
  return mergeLoras({ unet: { weights, build, ldm: ldmPlace(unet) } }, [await openLora({ path: file, weight: 1 })], 'the model');
};

const LOADERS: Readonly<Record<string, Loader>> = {
  safetensors: ([file = '']) => openSafetensors(file),
  'torch-zip': ([file = '']) => openTorchFile(file),
  'unet-folder': useUNet,
  adapter: useAdapter,
};

export const check: KindCheck = async (c, context) => {
  const loader = LOADERS[String(c.options.loader)];
  if (!loader) return { skipped: `loader ${c.options.loader} is not known` };
  if (c.expect?.action !== 'refuse') return { skipped: `expected action ${c.expect?.action} is not known` };
  const files = (c.options.files as string[]).map(file => join(c.folder, file));
  const verdict = { maxError: 0, bound: 0 };
  try {
    await loader(files, context, c);
  } catch (error) {
    if (!(error instanceof RerenderError)) return { ...verdict, pass: false, note: `broke instead of refusing: ${error}` };
    if (!error.message.includes(c.expect.name))
      return { ...verdict, pass: false, note: `does not name ${c.expect.name}: ${error.message}` };
    return { ...verdict, pass: true, note: error.message.replaceAll(`${c.folder}/`, '') };
  }
  return { ...verdict, pass: false, note: 'was accepted' };
};
