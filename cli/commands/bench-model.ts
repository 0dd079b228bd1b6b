// `rerender bench model [PATH]`: what a model costs on this machine.
import { UsageError } from '../../config/errors.ts';
import type { Layer } from '../../config/layers.ts';
import type { ModelBench } from '../../pipeline/bench/model.ts';
import { command } from '../command.ts';
import { JSON_FLAG } from '../common-flags.ts';
import { reported } from '../perform.ts';
import { bytes, duration } from '../report/format.ts';

type BenchModelFlags = { readonly size: string; readonly shape?: string; readonly json?: boolean };

const show = ({ model, device, width, height, parts, opening, frames, ...drawing }: ModelBench): string => {
  const { secondsPerStep, secondsPerPicture, memory } = drawing;
  const names = Math.max(...parts.map(({ name }) => name.length));
  const [heap, buffers, whole] = [opening.heap, opening.buffers, opening.process].map(n => bytes(Math.max(0, n)));
  const [step, picture] = [duration(secondsPerStep), duration(secondsPerPicture)];
  const [what, one] = frames === undefined ? [`${width}x${height}`, ''] : [`${frames} frames of ${width}x${height}`, ' one'];
  return [
    `${model}, on ${device}`,
    ...parts.map(p => `  ${p.name.padEnd(names)}  ${(p.parameters / 1e6).toFixed(1).padStart(7)} M parameters  ${bytes(p.bytes)}`),
    `opened in ${duration(opening.seconds)}: ${heap} of JavaScript heap, ${buffers} of buffers, ${whole} in all`,
    `${what}: ${step} a step (guidance pair), ${picture} to encode and decode${one}, ${bytes(memory)} at the peak`,
    '',
  ].join('\n');
};

const runBenchModel = async (model: string | undefined, flags: BenchModelFlags, typed: Layer): Promise<void> => {
  const side = Number(flags.size);
  if (!Number.isInteger(side) || side < 64 || side % 64 !== 0) throw new UsageError(`--size must be a multiple of 64, got ${flags.size}.`);
  if (model !== undefined && flags.shape !== undefined) throw new UsageError('--shape is for random weights; a path has its own shapes.');
  const { SHAPES } = await import('../../pipeline/bench/shapes.ts');
  const shape = SHAPES.find(one => one === (flags.shape ?? 'sd15'));
  if (!shape) throw new UsageError(`--shape must be one of ${SHAPES.join(', ')}, got ${flags.shape}.`);
  await reported({}, async (_, signal) => {
    const onStep = (what: string): void => void process.stderr.write(`bench: ${what}\n`);
    const { benchModel } = await import('../../pipeline/bench/model.ts');
    const report = await benchModel({ model, shape, width: side, height: side, layers: [typed], signal, onStep });
    process.stdout.write(flags.json ? `${JSON.stringify(report, undefined, 2)}\n` : show(report));
  });
};

export const benchModelCommand = command<BenchModelFlags>({
  name: 'model',
  summary: 'Measures a model: opening, a denoising step, encoding and decoding, memory.',
  positionals: [{ name: '[path]', help: 'folder, file or id; default: random weights of --shape, written for the time' }],
  jobs: ['bench'],
  flags: {
    Measurement: [
      { flag: '--size <n>', help: 'sides of the picture, pixels', default: '512' },
      { flag: '--shape <family>', help: 'sd15 (4.3 GB, fp32), sdxl (7.0 GB, fp16) or modelscope (7.1 GB, fp32, 16 frames); default sd15' },
      JSON_FLAG,
    ],
  },
  run: ({ positionals: [path], flags, layer }) => runBenchModel(path, flags, layer),
});
