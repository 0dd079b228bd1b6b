// A hub on this machine: the pages of its protocol that a download reads, served over HTTP from a table of files.
import { createHash } from 'node:crypto';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type HubServer = {
  readonly url: string;
  /** `METHOD path range` of every request so far. */
  readonly log: string[];
  /** Bytes of a file's body after which the connection breaks, once. */
  breakAfter: number | undefined;
  close(): Promise<void>;
};

export const COMMIT = 'c0ffee00'.repeat(5);
const LARGE = 1000; // bytes from which files are stored as large ones, known by SHA-256

const entryOf = ([path, body]: [string, Buffer]) => {
  const git = createHash('sha1').update(`blob ${body.length}\0`).update(body).digest('hex');
  const sha256 = createHash('sha256').update(body).digest('hex');
  const lfs = body.length >= LARGE ? { lfs: { oid: sha256, size: body.length, pointerSize: 120 } } : {};
  return { type: 'file', path, size: body.length, oid: git, ...lfs };
};

/** Serves repositories, id -> path -> bytes. */
export const startHub = async (repositories: Readonly<Record<string, Readonly<Record<string, Buffer>>>>): Promise<HubServer> => {
  const log: string[] = [];
  const json = (response: ServerResponse, value: unknown, status = 200) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(value));
  };
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url!, 'http://hub');
    log.push([request.method, pathname, request.headers.range].filter(Boolean).join(' '));
    const id = Object.keys(repositories).find(name => pathname.startsWith(`/api/models/${name}/`) || pathname.startsWith(`/${name}/`));
    if (!id) return json(response, { error: 'Repository not found' }, 404);
    if (id.endsWith('gated')) return json(response, { error: 'Access to this model is restricted' }, 403);
    const files = repositories[id]!;
    if (pathname.startsWith(`/api/models/${id}/revision/`)) return json(response, { _id: '1', id, modelId: id, sha: COMMIT });
    if (pathname.startsWith(`/api/models/${id}/tree/`)) return json(response, Object.entries(files).map(entryOf));
    const path = decodeURIComponent(pathname.replace(new RegExp(`^/${id}/resolve/[^/]+/`), ''));
    const body = files[path];
    if (!body) {
      response.writeHead(404, { 'x-error-code': 'EntryNotFound' });
      return response.end();
    }
    const [, from = '0', to = String(body.length - 1)] = /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? '') ?? [];
    const part = body.subarray(Number(from), Number(to) + 1);
    const whole = part.length === body.length;
    response.writeHead(whole ? 200 : 206, {
      'content-type': 'application/octet-stream',
      'content-length': part.length,
      'content-range': `bytes ${from}-${to}/${body.length}`,
      etag: `"${createHash('sha1').update(body).digest('hex')}"`,
    });
    const breakAfter = hub.breakAfter;
    if (breakAfter === undefined || part.length <= breakAfter) return response.end(part);
    hub.breakAfter = undefined;
    return response.write(part.subarray(0, breakAfter), () => setTimeout(() => response.destroy(), 50));
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const hub: HubServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    log,
    breakAfter: undefined,
    close: () => new Promise(resolve => server.close(() => resolve())),
  };
  return hub;
};
