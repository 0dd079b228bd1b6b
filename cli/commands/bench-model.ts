// `rerender bench model [PATH]`: what a model costs on this machine.
import { UsageError } from '../../config/errors.ts';
import { benchModel, type ModelBench } from '../../pipeline/bench/model.ts';
import { reported } from '../perform.ts';
import { bytes, duration } from '../report/format.ts';

export type BenchModelFlags = { readonly size: string; readonly device?: string; readonly threads?: string; readonly json?: boolean };

const show = ({ model, device, width, height, parts, opening, secondsPerStep, secondsPerPicture, memory }: ModelBench): string => {
  const names = Math.max(...parts.map(({ name }) => name.length));
  return [
    `${model}, on ${device}`,
    ...parts.map(p => `  ${p.name.padEnd(names)}  ${(p.parameters / 1e6).toFixed(1).padStart(7)} M parameters  ${bytes(p.bytes)}`),
    `opened in ${duration(opening.seconds)}: ${bytes(Math.max(0, opening.heap))} of JavaScript heap, ${bytes(Math.max(0, opening.buffers))} of buffers, ${bytes(Math.max(0, opening.process))} in all`,
    `${width}x${height}: ${duration(secondsPerStep)} a step (guidance pair), ${duration(secondsPerPicture)} to encode and decode, ${bytes(memory)} at the peak`,
    '',
  ].join('\n');
};

export const runBenchModel = async (model: string | undefined, flags: BenchModelFlags): Promise<void> => {
  const side = Number(flags.size);
  if (!Number.isInteger(side) || side < 64 || side % 64 !== 0) throw new UsageError(`--size must be a multiple of 64, got ${flags.size}.`);
  await reported({}, async (_, signal) => {
    const report = await benchModel({
      model,
      width: side,
      height: side,
      device: flags.device,
      threads: flags.threads === undefined ? undefined : Number(flags.threads),
      signal,
      onStep: what => process.stderr.write(`bench: ${what}\n`),
    });
    process.stdout.write(flags.json ? `${JSON.stringify(report, undefined, 2)}\n` : show(report));
  });
};
