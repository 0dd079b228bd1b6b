// `rerender worker`: lends this machine to jobs of others.
import { hostname } from 'node:os';
import type { MetricsPlace } from '../../cluster/worker/metrics.ts';
import { UsageError } from '../../config/errors.ts';
import { refuseUnread } from '../../config/unread.ts';
import { type ClusterFlags, DATABASE_FLAG, databaseOf, STORE_FLAG, storeOf, wholeNumber } from '../cluster-flags.ts';
import { command } from '../command.ts';
import { RUN_FLAGS } from '../common-flags.ts';
import { perform, type RunFlags } from '../perform.ts';
import { runSlots } from '../slots.ts';

type Flags = RunFlags &
  ClusterFlags & {
    readonly resources: string;
    readonly name?: string;
    readonly silence: string;
    readonly fetchedLimit: string;
    readonly metricsPort?: string;
  };

const GIGABYTE = 1e9;

/** `9464`, or `HOST:9464` for others than this machine. @throws UsageError */
const metricsOf = (text: string | undefined): MetricsPlace | undefined => {
  if (text === undefined) return undefined;
  const [, host = '127.0.0.1', port = ''] = /^(?:(.+):)?(\d+)$/.exec(text) ?? [];
  return { host: host.replace(/^\[(.*)\]$/, '$1'), port: wholeNumber('--metrics-port', port, [0, 65_535]) };
};

type Resources = { readonly inference: number; readonly cpu: number };

/** `inference=1,cpu=4`; what is not named is 0. @throws UsageError */
const resourcesOf = (text: string): Resources => {
  const found: Record<string, number> = { inference: 0, cpu: 0 };
  for (const part of text.split(',')) {
    const [, name, count] = /^\s*(inference|cpu)=(\d+)\s*$/.exec(part) ?? [];
    if (name === undefined) throw new UsageError(`--resources must be such as inference=1,cpu=4; got ${text}.`);
    found[name] = wholeNumber('--resources', count!, [0, 64]);
  }
  if (found.inference === 0 && found.cpu === 0) throw new UsageError(`--resources ${text} gives nothing: at least one must be 1.`);
  return found as Resources;
};

const teller =
  ({ json, quiet }: RunFlags) =>
  (message: string): void => {
    if (json) process.stdout.write(`${JSON.stringify({ type: 'worker', message })}\n`);
    else if (!quiet) process.stderr.write(`rerender worker: ${message}\n`);
  };

export const workerCommand = command<Flags>({
  name: 'worker',
  summary: 'Works for jobs of `rerender INPUT --executor dbos`, until Ctrl-C.',
  usage: '--database-url URL --store FOLDER [options]',
  jobs: ['worker'],
  showsAll: true,
  flags: {
    Cluster: [
      DATABASE_FLAG,
      STORE_FLAG,
      {
        flag: '--resources <list>',
        help: 'pictures that are drawn and intervals that are propagated here at once; more than 1 start processes of their own',
        default: 'inference=1,cpu=1',
      },
      {
        flag: '--name <name>',
        help: 'what others know this worker by (default: machine and process); a name of its own survives restarts',
      },
      {
        flag: '--fetched-limit <gb>',
        help: 'models and pictures from the store that stay on this machine, GB; the longest unused go first',
        default: '50',
      },
      {
        flag: '--metrics-port <port>',
        help: 'numbers for Prometheus at http://127.0.0.1:PORT/metrics; HOST:PORT for other machines; further processes take the next',
      },
      { flag: '--silence <seconds>', help: 'after how long without a sign of life others take over its units', default: '20' },
    ],
    Terminal: RUN_FLAGS,
  },
  run: ({ flags, layer }) =>
    perform(
      flags,
      layer,
      async ({ layers, signal }) => {
        refuseUnread([layer], ['worker']);
        const resources = resourcesOf(flags.resources);
        const place = { databaseUrl: databaseOf(flags), store: storeOf(flags) };
        const silence = wholeNumber('--silence', flags.silence, [2, 3600]);
        const fetchedLimit = wholeNumber('--fetched-limit', flags.fetchedLimit, [0, 1_000_000]) * GIGABYTE;
        const metrics = metricsOf(flags.metricsPort);
        const tell = teller(flags);
        const slots = Math.max(resources.inference, resources.cpu);
        if (slots > 1) {
          const name = flags.name ?? `${hostname()}-${process.pid}`;
          const resourcesAt = (i: number): string => `inference=${Number(i < resources.inference)},cpu=${Number(i < resources.cpu)}`;
          const metricsAt = (i: number): string[] =>
            metrics ? ['--metrics-port', `${metrics.host}:${metrics.port === 0 ? 0 : metrics.port + i}`] : [];
          return runSlots(slots, i => ['--resources', resourcesAt(i), '--name', `${name}/${i + 1}`, ...metricsAt(i)], { tell, signal });
        }
        const { runWorker } = await import('../../cluster/worker/worker.ts');
        return runWorker({ ...place, resources, name: flags.name, silence, layers, fetchedLimit, metrics, tell, signal });
      },
      'giving units back',
    ),
});
