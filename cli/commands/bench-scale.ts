// `rerender bench scale`: how well workers share a job.
import type { QueuedBench } from '../../cluster/bench/queued.ts';
import type { ScaleBench } from '../../cluster/bench/scale.ts';
import { UsageError } from '../../config/errors.ts';
import { type ClusterFlags, DATABASE_FLAG, databaseOf, STORE_FLAG, storeOf, wholeNumber } from '../cluster-flags.ts';
import { command } from '../command.ts';
import { JSON_FLAG } from '../common-flags.ts';
import { reported } from '../perform.ts';
import { table } from '../report/format.ts';

type Flags = ClusterFlags & {
  readonly workers: string;
  readonly shots: string;
  readonly intervals: string;
  readonly keyframe: string;
  readonly interval: string;
  readonly queued?: string;
  readonly json?: boolean;
};

const secondsOf = (flag: string, text: string): number => {
  const value = Number(text);
  if (value >= 0 && value <= 3600 && text.trim() !== '') return value;
  throw new UsageError(`${flag} must be seconds from 0 to 3600; got ${text}.`);
};

const show = ({ shots, intervals, keyframe, interval, units, rows, overhead }: ScaleBench): string => {
  const head = `${shots} shots of ${intervals} intervals: a key frame ${keyframe} s, an interval ${interval} s; ${units} units`;
  const cells = rows.map(row => [
    String(row.workers),
    row.seconds.toFixed(1),
    row.least.toFixed(1),
    `${Math.round(100 * row.efficiency)} %`,
  ]);
  return [
    head,
    table(['workers', 'seconds', 'at best', 'efficiency'], cells),
    `a unit costs ${Math.round(1000 * overhead)} ms beside its work`,
    '',
  ].join('\n');
};

const showQueued = ({ rows }: QueuedBench): string => {
  const cells = rows.map(({ queued, enqueue, take, look }) => [
    String(queued),
    ...[enqueue, take, look].map(milliseconds => `${milliseconds.toFixed(2)} ms`),
  ]);
  return `${table(['units waiting', 'queue one', 'take one', 'look into an empty queue'], cells)}\n`;
};

/** @returns what is printed */
const measureQueued = async (flags: Flags, signal: AbortSignal, onStep: (what: string) => void): Promise<string> => {
  const { benchQueued } = await import('../../cluster/bench/queued.ts');
  const queued = wholeNumber('--queued', flags.queued!, [10, 10_000_000]);
  const report = await benchQueued({ databaseUrl: databaseOf(flags), queued, signal, onStep });
  return flags.json ? `${JSON.stringify(report, undefined, 2)}\n` : showQueued(report);
};

export const benchScaleCommand = command<Flags>({
  name: 'scale',
  summary: 'Measures how well workers share a job whose units are slept through: the schedule, the database and the store alone.',
  flags: {
    Cluster: [DATABASE_FLAG, STORE_FLAG],
    Measurement: [
      { flag: '--workers <list>', help: 'how many, one run each', default: '1,2,4,8,16' },
      { flag: '--shots <n>', help: 'shots of the clip', default: '8' },
      { flag: '--intervals <n>', help: 'intervals of each shot', default: '8' },
      { flag: '--keyframe <seconds>', help: 'what a key frame takes', default: '2' },
      { flag: '--interval <seconds>', help: 'what an interval takes', default: '1' },
      { flag: '--queued <n>', help: 'instead: what queueing a unit and looking into a queue cost while up to so many wait' },
      JSON_FLAG,
    ],
  },
  run: ({ flags }) =>
    reported({}, async (_, signal) => {
      const onStep = (what: string): void => void process.stderr.write(`bench: ${what}\n`);
      if (flags.queued !== undefined) {
        process.stdout.write(await measureQueued(flags, signal, onStep));
        return;
      }
      const { benchScale } = await import('../../cluster/bench/scale.ts');
      const report = await benchScale({
        databaseUrl: databaseOf(flags),
        store: storeOf(flags),
        workers: flags.workers.split(',').map(count => wholeNumber('--workers', count, [1, 256])),
        shots: wholeNumber('--shots', flags.shots, [1, 10_000]),
        intervals: wholeNumber('--intervals', flags.intervals, [1, 10_000]),
        keyframe: secondsOf('--keyframe', flags.keyframe),
        interval: secondsOf('--interval', flags.interval),
        signal,
        onStep,
      });
      process.stdout.write(flags.json ? `${JSON.stringify(report, undefined, 2)}\n` : show(report));
    }),
});
