// `rerender metrics SOURCE OUTPUT`: what a result is worth, in numbers.
import type { Command } from 'commander';
import { writeWhole } from '../../media/whole-file.ts';
import { metrics, metricsPlot } from '../../pipeline/index.ts';
import { checkOutput } from '../../pipeline/output.ts';
import { flagLayer } from '../flags.ts';
import { type RunFlags, reported } from '../perform.ts';
import { frameTable, metricsText } from '../report/metrics-text.ts';

type MetricsFlags = RunFlags & { readonly plot?: string; readonly perFrame?: boolean; readonly overwrite?: boolean };

/** Prints the report on stdout: a table, or one JSON object. */
export const measureClips = async (source: string, output: string, flags: MetricsFlags, command: Command): Promise<void> => {
  await reported({ ...flags, json: false, quiet: flags.quiet || flags.json }, async (onEvent, signal) => {
    if (flags.plot !== undefined) await checkOutput(flags.plot, source, flags.overwrite === true, '--plot');
    const report = await metrics({ input: source, output, layers: [flagLayer(command)], onEvent, signal });
    if (flags.plot !== undefined) await writeWhole(flags.plot, metricsPlot(report), { overwrite: flags.overwrite === true });
    const text = `${metricsText(report)}\n${flags.perFrame ? `\n${frameTable(report)}\n` : ''}`;
    process.stdout.write(flags.json ? `${JSON.stringify(report)}\n` : text);
  });
};
