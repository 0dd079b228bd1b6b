// `rerender metrics SOURCE OUTPUT`: what a result is worth, in numbers.
import { command } from '../command.ts';
import { REPORT_FLAGS } from '../common-flags.ts';
import { type RunFlags, reported } from '../perform.ts';
import { frameTable, metricsText } from '../report/metrics-text.ts';

type MetricsFlags = RunFlags & { readonly plot?: string; readonly perFrame?: boolean; readonly overwrite?: boolean };

/** Prints the report on stdout: a table, or one JSON object. */
export const metricsCommand = command<MetricsFlags>({
  name: 'metrics',
  summary: 'Measures a result against its source, and says whether it flickers, pops at key frames, drifts, or is softer.',
  positionals: [
    { name: '<source>', help: 'the clip' },
    { name: '<output>', help: 'the same clip, re-rendered' },
  ],
  jobs: ['metrics'],
  wording: {
    overwrite: { help: 'replace an existing plot' },
    interval: { help: 'key frame distance of the run that is measured, or auto' },
  },
  showsAll: true,
  flags: {
    Report: [
      { flag: '--per-frame', help: 'print a line a frame, too' },
      { flag: '--plot <file>', help: 'draw the measures over time into this SVG file' },
    ],
    Terminal: REPORT_FLAGS,
  },
  run: ({ positionals: [source = '', output = ''], flags, layer }) =>
    reported({ ...flags, json: false, quiet: flags.quiet || flags.json }, async (onEvent, signal) => {
      const { metrics, metricsPlot } = await import('../../pipeline/index.ts');
      const { verdictText } = await import('../../pipeline/jobs/metrics/verdict-text.ts');
      const { checkOutput } = await import('../../pipeline/session/output.ts');
      const { writeWhole } = await import('../../media/whole-file.ts');
      const overwrite = flags.overwrite === true;
      if (flags.plot !== undefined) await checkOutput(flags.plot, source, overwrite, '--plot');
      const report = await metrics({ input: source, output, layers: [layer], onEvent, signal });
      if (flags.plot !== undefined) await writeWhole(flags.plot, metricsPlot(report), { overwrite });
      const texts = [metricsText(report), ...(flags.perFrame ? [frameTable(report)] : []), verdictText(report)];
      process.stdout.write(flags.json ? `${JSON.stringify(report)}\n` : `${texts.join('\n\n')}\n`);
    }),
});
