// Times 3x3 convolutions in every form, alternating in one process: what the rule of `models/onnx/convolution/form.ts` is taken from.
//   npx tsx bench/convolutions.ts [--rounds 5] [--forms direct,2,4,6,phases] [--threads 2] [pictures,channels,side,out[,doubled] ...]
import { rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { gaussian } from '../models/math/random.ts';
import { buildNetwork } from '../models/onnx/build.ts';
import { conv2d, doubledConv2d } from '../models/onnx/conv-layers.ts';
import type { ConvShape, Form } from '../models/onnx/convolution/form.ts';
import { reduce } from '../models/onnx/ops/contract.ts';
import { openSession, runSession } from '../models/runtime/session.ts';
import { openSafetensors } from '../models/weights/safetensors.ts';
import { writeWeights } from '../pipeline/bench/random-weights.ts';

const SHAPES = [
  '2,320,64,320',
  '2,640,32,640',
  '2,1280,16,1280',
  '2,1280,8,1280', // U-Net of SD 1.5
  '2,640,32,640,doubled',
  '2,1280,16,1280,doubled',
  '2,1280,8,1280,doubled',
  '1,512,64,512',
  '1,512,128,512',
  '1,256,256,256',
  '1,128,512,128', // its autoencoder
  '1,512,64,512,doubled',
  '1,512,128,512,doubled',
  '1,256,256,256,doubled',
  '2,64,64,64',
  '2,64,128,64',
  '2,128,32,128',
  '2,128,64,128',
  '1,64,256,64',
  '1,32,512,32',
  '1,64,512,64', // small networks
];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '5' },
    forms: { type: 'string', default: 'direct,2,4,6,phases' },
    threads: { type: 'string' },
  },
});

const parse = (text: string): ConvShape => {
  const [pictures = 1, channels = 1, side = 1, out = 1] = text.split(',').map(Number);
  return { pictures, channels, out, height: side, width: side, doubled: text.endsWith('doubled') };
};

const file = join(tmpdir(), `convolutions-${process.pid}.safetensors`);

const measure = async (shape: ConvShape): Promise<string> => {
  const { pictures, channels, out, height, width, doubled } = shape;
  await writeWeights(
    file,
    new Map([
      ['conv.weight', [out, channels, 3, 3]],
      ['conv.bias', [out]],
    ]),
  );
  const weights = await openSafetensors(file);
  const wanted = values.forms.split(',').map(form => (/\d/.test(form) ? Number(form) : form) as Form);
  const forms = wanted.filter(form => doubled || form !== 'phases');
  const sessions = [];
  for (const form of forms) {
    const describe: Parameters<typeof buildNetwork>[2] = g => {
      const x = g.input('x', [pictures, channels, height, width]);
      const y = (doubled ? doubledConv2d : conv2d)(g, x, 'conv', { out });
      g.output('y', y);
      g.output('mean', reduce('Mean', y, [2, 3]));
    };
    const graph = buildNetwork('convolution', weights, describe, { convolution: () => form });
    const begin = performance.now();
    const threads = Number(values.threads ?? availableParallelism());
    sessions.push({
      form,
      session: await openSession(graph, { provider: 'cpu', deviceId: 0, threads }),
      opening: performance.now() - begin,
    });
  }
  const feeds = { x: gaussian({ seed: 1, purpose: 'bench' }, [pictures, channels, height, width]) };
  const results: Float32Array[] = [];
  for (const { session } of sessions) results.push((await runSession(session, feeds, ['y'])).y!.data);
  const times = forms.map(() => Number.POSITIVE_INFINITY);
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const [i, { session }] of sessions.entries()) {
      const begin = performance.now();
      await runSession(session, feeds, ['mean']);
      times[i] = Math.min(times[i]!, performance.now() - begin);
    }
  }
  const level = Math.sqrt(results[0]!.reduce((sum, v) => sum + v * v, 0));
  const cells = sessions.map(({ form, opening }, i) => {
    const off = Math.sqrt(results[i]!.reduce((sum, v, k) => sum + (v - results[0]![k]!) ** 2, 0)) / level;
    const ratio = (times[0]! / times[i]!).toFixed(2);
    return `${form} ${times[i]!.toFixed(1)} ms ${ratio}x (${off.toExponential(0)}, open ${opening.toFixed(0)})`;
  });
  for (const { session } of sessions) await session.release();
  return cells.join(' | ');
};

for (const text of positionals.length > 0 ? positionals : SHAPES) console.log(`${text}: ${await measure(parse(text))}`);
rmSync(file, { force: true });
