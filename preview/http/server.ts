// The server of the page: on this machine only, unless the user names another address.
import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { RerenderError, UsageError } from '../../config/errors.ts';
import { MediaError } from '../../media/errors.ts';
import { sentenceOf } from '../studio/sentence.ts';
import { sendJson, setHeaders } from './answer.ts';
import { admitted, type Guard } from './guard.ts';
import { Refused } from './refuse.ts';
import { answer, type Site } from './routes.ts';

export type ServerOptions = { readonly host: string; readonly port: number };

export type OpenedServer = { readonly url: string; close(): Promise<void> };

/** Of the program's own errors those that the asker can mend are 4xx. */
const statusOf = (error: unknown): number => {
  if (error instanceof Refused) return error.status;
  if (error instanceof MediaError) return 422;
  return error instanceof RerenderError && error.kind === 'usage' ? 400 : 500;
};

const refuse = (response: ServerResponse, error: unknown): void => {
  if (response.headersSent) response.destroy();
  else sendJson(response, { message: sentenceOf(error) }, statusOf(error));
};

const handle = async (site: Site, guard: Guard, request: IncomingMessage, response: ServerResponse): Promise<void> => {
  setHeaders(response);
  try {
    const { path, query } = admitted(request, guard);
    await answer(site, path, { request, response, query });
  } catch (error) {
    if (error instanceof Refused && error.status === 413) response.setHeader('connection', 'close'); // what is left is not read
    refuse(response, error);
  }
};

const listening = (server: Server, { host, port }: ServerOptions): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const why = cause.code === 'EADDRINUSE' ? `port ${port} is taken: name another with --port, or none` : `${cause.message}`;
      reject(new UsageError(`The page cannot be served at ${host}: ${why}.`, { cause }));
    });
    server.listen({ host, port }, () => resolve((server.address() as AddressInfo).port));
  });

/** Serves a site under an address with a token that nobody can guess. @throws UsageError for an address that cannot be had */
export const openServer = async (site: Site, { host, port: wanted }: ServerOptions): Promise<OpenedServer> => {
  let guard: Guard | undefined;
  const server = createServer({ headersTimeout: 10_000, requestTimeout: 30_000, maxHeaderSize: 32 * 1024 }, (request, response) => {
    if (guard) void handle(site, guard, request, response);
    else response.destroy();
  });
  server.maxConnections = 512;
  const port = await listening(server, { host, port: wanted });
  const name = host.includes(':') ? `[${host}]` : host;
  guard = { token: randomBytes(18).toString('base64url'), host: name, port };
  return {
    url: `http://${name === '0.0.0.0' || name === '[::]' ? '127.0.0.1' : name}:${port}/${guard.token}/`,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve());
        site.streams.close();
        server.closeAllConnections();
      }),
  };
};
