// The server of the page: on this machine only, unless the user names another address.
import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { RerenderError, UsageError } from '../../config/errors.ts';
import { MediaError } from '../../media/errors.ts';
import { sentenceOf } from '../studio/sentence.ts';
import { sendJson, setHeaders } from './answer.ts';
import { admitted, type Guard } from './guard.ts';
import { Refused } from './refuse.ts';
import { answer, type Site } from './routes.ts';

export type ServerOptions = {
  readonly host: string;
  readonly port: number;
  /** Milliseconds, a multiple of 12, in which a request has to arrive, a picture included; its head has to in a sixth of that. */
  readonly patience?: number;
};

const PATIENCE = 60_000; // 48 MiB need 7 Mbit/s

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
    if (error instanceof Refused && !request.complete) response.setHeader('connection', 'close'); // what is left is not read
    refuse(response, error);
  }
};

/** Refuses bytes that are no request, or not one in time. No handler sees them, so the sentence is written to the socket. */
const refuseBytes = ({ code }: NodeJS.ErrnoException, socket: Duplex, answering: ServerResponse | undefined): void => {
  const begun = answering?.headersSent && !answering.writableFinished;
  if (!socket.writable || code === 'ECONNRESET' || begun) return void socket.destroy();
  const [status, message] =
    code === 'ERR_HTTP_REQUEST_TIMEOUT'
      ? ['408 Request Timeout', 'The request took too long to arrive: send it again.']
      : ['400 Bad Request', 'That is no request that a page makes.'];
  const body = JSON.stringify({ message });
  const head = `content-type: application/json; charset=utf-8\r\ncontent-length: ${body.length}\r\nconnection: close`;
  socket.end(`HTTP/1.1 ${status}\r\n${head}\r\n\r\n${body}`, () => socket.destroy());
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
export const openServer = async (site: Site, { host, port: wanted, patience = PATIENCE }: ServerOptions): Promise<OpenedServer> => {
  let guard: Guard | undefined;
  const answering = new WeakMap<Duplex, ServerResponse>();
  const limits = { headersTimeout: patience / 6, requestTimeout: patience, connectionsCheckingInterval: patience / 12 };
  const server = createServer({ ...limits, maxHeaderSize: 32 * 1024 }, (request, response) => {
    answering.set(request.socket, response);
    if (guard) void handle(site, guard, request, response);
    else response.destroy();
  });
  server.on('clientError', (error, socket) => refuseBytes(error, socket, answering.get(socket)));
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
