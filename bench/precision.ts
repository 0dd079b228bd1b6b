// Which layers lose most in whole numbers of 8 bits: the U-Net's answer with one group of layers in them, against float32.
//   npx tsx bench/precision.ts [--model FOLDER] [--clip CLIP] [--frame 10] [--size 256]
// The error is rms(answer - exact) / rms(exact) over the guidance pair, at three noise levels of a frame of the clip; the largest is shown.
import { parseArgs } from 'node:util';
import { embeddedModel } from '../config/paths.ts';
import { decodeFrames } from '../media/decode.ts';
import { findFfmpeg } from '../media/ffmpeg.ts';
import { probe } from '../media/probe.ts';
import { guidedDenoiser } from '../models/denoise/guided-denoiser.ts';
import { openDiffusionModel } from '../models/diffusion-model.ts';
import { gaussian } from '../models/math/random.ts';
import { type QuantiseRule, quantiseKinds } from '../models/onnx/quantised/rule.ts';
import { openModelFolder } from '../models/open/model-folder.ts';
import { lazyNetwork } from '../models/runtime/lazy-network.ts';
import { openRuntime } from '../models/runtime/runtime.ts';
import { addNoise } from '../models/samplers/arithmetic.ts';
import type { Step } from '../models/samplers/schedule.ts';
import { toImage } from '../stages/keyframes/pixels.ts';

const { values } = parseArgs({
  options: {
    model: { type: 'string', default: embeddedModel },
    clip: { type: 'string', default: 'examples/lakeside.mp4' },
    frame: { type: 'string', default: '10' },
    size: { type: 'string', default: '256' },
  },
});

const both = quantiseKinds(['linear', 'convolution']);
const named =
  (pattern: RegExp): QuantiseRule =>
  ({ path }) =>
    pattern.test(path);

const GROUPS: Readonly<Record<string, QuantiseRule>> = {
  'by the rule, all': both,
  'by the rule, linear layers': quantiseKinds(['linear']),
  'by the rule, 3x3 convolutions': quantiseKinds(['convolution']),
  'every layer there is': () => true,
  conv_in: named(/^conv_in$/),
  conv_out: named(/^conv_out$/),
  'time embedding and its projections': named(/time_emb/),
  'keys and values of the text': named(/attn2\.to_[kv]$/),
  'self-attention': named(/attn1\./),
  'feed-forward, in': named(/\.ff\.net\.0\.proj$/),
  'feed-forward, out': named(/\.ff\.net\.2$/),
  proj_out: named(/\.proj_out$/),
  proj_in: named(/\.proj_in$/),
  conv_shortcut: named(/conv_shortcut$/),
  'first level': named(/^(down_blocks\.0|up_blocks\.3)\.resnets\.\d\.conv\d$/),
  'second level': named(/^(down_blocks\.1|up_blocks\.2)\.resnets\.\d\.conv\d$/),
  'third level': named(/^(down_blocks\.2|up_blocks\.1)\.resnets\.\d\.conv\d$/),
  'lowest level and middle': named(/^(down_blocks\.3|up_blocks\.0|mid_block)\.resnets\.\d\.conv\d$/),
  'halving and doubling': named(/samplers\.0\.conv$/),
};

const runtime = await openRuntime({ device: 'cpu' });
const model = await openDiffusionModel(values.model, { runtime, controls: [] });
const { unet } = await openModelFolder(values.model);
const ffmpeg = await findFfmpeg();
const info = await probe(values.clip, ffmpeg);
const side = Number(values.size);
const size = { width: side, height: side };
let image: ReturnType<typeof toImage> | undefined;
for await (const frame of decodeFrames(info, { ffmpeg, ...size, select: [Number(values.frame)] })) image = toImage(frame);
const latent = await model.encodeImage(image!);
const { conditioning } = await model.encodeText(['', 'an oil painting']);
const steps = model.steps(10);
const levels = [steps[3]!, steps[6]!, steps[9]!];

const answers = async (quantise: QuantiseRule | undefined): Promise<Float32Array[]> => {
  const network = lazyNetwork(runtime, quantise ? unet.graph.adapt!({ quantise }) : unet.graph);
  const look = guidedDenoiser(
    network,
    [],
    { conditioning, guidance: 2, controls: [], freeu: undefined, attention: undefined, signal: undefined },
    { first: 0, count: steps.length },
  );
  const noise = gaussian({ seed: 1, purpose: 'precision' }, latent.dims);
  const outputs: Float32Array[] = [];
  for (const step of levels as Step[]) outputs.push((await look(addNoise(latent, noise, step.alphaBar), step)).data);
  await network.release();
  return outputs;
};

const exact = await answers(undefined);
const square = (values: Float32Array): number => values.reduce((sum, value) => sum + value * value, 0);
for (const [name, rule] of Object.entries(GROUPS)) {
  const drawn = await answers(rule);
  const errors = drawn.map((answer, i) => Math.sqrt(square(answer.map((v, k) => v - exact[i]![k]!)) / square(exact[i]!)));
  console.log(`${name.padEnd(36)} ${Math.max(...errors).toExponential(1)}`);
}
await runtime.close();
