// `--metrics-port`: a worker's numbers in Prometheus's text format (version 0.0.4), at http://HOST:PORT/metrics.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { UsageError } from '../../config/errors.ts';
import type { Database } from '../database.ts';
import type { Beat, Running } from '../workers-table.ts';
import type { Readings } from './meter.ts';

export type MetricsPlace = { readonly host: string; readonly port: number };

export type Metered = {
  readonly database: Database;
  readonly worker: Beat;
  read(): Readings;
  /** What runs here now. */
  running(): readonly Running[];
  /** Seconds since the database took a heartbeat; undefined before the first. */
  heartbeat(): number | undefined;
};

type Sample = readonly [labels: Readonly<Record<string, string>>, value: number];

/** Backslash, quote and line feed have an escape; everything else stands for itself. */
const escaped = (text: string): string => text.replace(/[\\"\n]/g, sign => (sign === '\n' ? '\\n' : `\\${sign}`));

const family = (name: string, type: 'counter' | 'gauge', help: string, samples: readonly Sample[]): string => {
  const lines = samples.map(([labels, value]) => {
    const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`);
    return `${name}${pairs.length > 0 ? `{${pairs.join(',')}}` : ''} ${value}`;
  });
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines, ''].join('\n');
};

type Depth = { readonly queue: string; readonly count: number };

/** What waits for workers of this version; undefined while the database does not answer. */
const depths = async ({ database, worker }: Metered): Promise<readonly Depth[] | undefined> =>
  database.pool
    .query<Depth>(
      `SELECT queue_name AS queue, count(*)::int AS count FROM dbos.workflow_status
       WHERE status = 'ENQUEUED' AND application_version = $1 GROUP BY queue_name ORDER BY queue_name`,
      [worker.version],
    )
    .then(
      ({ rows }) => rows,
      () => undefined,
    );

const count = (running: readonly Running[]): Sample[] =>
  [...new Set(running.map(({ stage }) => stage))].map(kind => [{ kind }, running.filter(({ stage }) => stage === kind).length]);

/** The numbers of a worker as text. */
export const metricsText = async (metered: Metered): Promise<string> => {
  const { worker } = metered;
  const { units, bytes } = metered.read();
  const ended = [...units].map(([name, { count: ends, seconds }]) => {
    const [kind = '', outcome = ''] = name.split(' ');
    return { labels: { kind, outcome }, ends, seconds };
  });
  const waiting = await depths(metered);
  const heartbeat = metered.heartbeat();
  const about = { worker: worker.id, version: worker.version, device: worker.device ?? '' };
  return [
    family('rerender_worker_info', 'gauge', 'Who this is; always 1.', [[about, 1]]),
    family(
      'rerender_units_total',
      'counter',
      'Units that have ended here.',
      ended.map(({ labels, ends }) => [labels, ends]),
    ),
    family(
      'rerender_unit_seconds_total',
      'counter',
      'Wall seconds that they took.',
      ended.map(({ labels, seconds }) => [labels, seconds]),
    ),
    family('rerender_units_running', 'gauge', 'Units that run here.', count(metered.running())),
    family('rerender_store_bytes_total', 'counter', 'Bytes from the store (in) and into it (out).', [
      [{ direction: 'in' }, bytes.in],
      [{ direction: 'out' }, bytes.out],
    ]),
    family(
      'rerender_queue_depth',
      'gauge',
      'What waits in the queues for workers of this version; absent while the database is silent.',
      (waiting ?? []).map(({ queue, count: depth }) => [{ queue }, depth]),
    ),
    family('rerender_heartbeat_age_seconds', 'gauge', 'Since the database took a heartbeat of this worker.', [
      ...(heartbeat === undefined ? [] : [[{}, heartbeat] as Sample]),
    ]),
  ].join('');
};

const listen = (server: Server, { host, port }: MetricsPlace): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) =>
      reject(new UsageError(`--metrics-port: ${host}:${port} cannot be had (${cause.code}): name another port.`, { cause })),
    );
    server.listen(port, host, resolve);
  });

/** Serves the numbers until it is closed. @returns its address */
export const openMetrics = async (place: MetricsPlace, metered: Metered): Promise<{ readonly url: string; close(): Promise<void> }> => {
  const server = createServer((request, response) => {
    if (request.method !== 'GET' || request.url?.split('?')[0] !== '/metrics') {
      response.writeHead(404).end();
      return;
    }
    metricsText(metered).then(
      text => response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }).end(text),
      () => response.writeHead(500).end(),
    );
  });
  await listen(server, place);
  server.unref();
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${place.host.includes(':') ? `[${place.host}]` : place.host}:${port}/metrics`,
    close: async () => {
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
    },
  };
};
