// Who may ask: whoever has the token, through the address that the server has, from its own page.
import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { Refused } from './refuse.ts';

/** Names of this machine that never lead to another one: a page of a stranger's name that resolves here is refused (DNS rebinding). */
const LOOPBACK = ['127.0.0.1', 'localhost', '[::1]'];

export type Guard = {
  readonly token: string;
  /** The host that the server listens on, as it stands in a URL. */
  readonly host: string;
  readonly port: number;
};

const isEqual = (a: string, b: string): boolean => {
  const [x, y] = [Buffer.from(a), Buffer.from(b)];
  return x.length === y.length && timingSafeEqual(x, y);
};

/** A server that listens on every address answers to any of its numbers, which no stranger's name can be. */
const isNumber = (host: string): boolean => /^(\d{1,3}(\.\d{1,3}){3}|\[[0-9a-f:.]+\])$/i.test(host);

const isOurs = (name: string, { host }: Guard): boolean =>
  LOOPBACK.includes(host) ? LOOPBACK.includes(name) : name === host || LOOPBACK.includes(name) || isNumber(name);

const checkHost = (header: string | undefined, guard: Guard): void => {
  const [, name, port] = /^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(header?.toLowerCase() ?? '') ?? [];
  if (name !== undefined && isOurs(name, guard) && Number(port ?? 80) === guard.port) return;
  throw new Refused(403, 'This server answers to its own address only: open the address that `rerender preview` printed.');
};

const checkOrigin = ({ origin, host, 'sec-fetch-site': site }: IncomingMessage['headers']): void => {
  if (origin !== undefined && origin.toLowerCase() !== `http://${host?.toLowerCase()}`) {
    throw new Refused(403, 'Pages of other origins may not ask this server.');
  }
  if (site === 'cross-site' || site === 'same-site') throw new Refused(403, 'Pages of other origins may not ask this server.');
};

/**
 * Checks a request, and takes the token off its path.
 * @returns the rest of the path, decoded by nobody, without its query, and the query
 * @throws Refused with 403 or 404; none of them says more than what the asker knows already
 */
export const admitted = (request: IncomingMessage, guard: Guard): { readonly path: string; readonly query: URLSearchParams } => {
  const { headers, url = '/' } = request;
  checkHost(headers.host, guard);
  const [path = '', query = ''] = url.split(/\?(.*)/s);
  const [, token = '', ...rest] = path.split('/');
  if (!isEqual(token, guard.token)) {
    throw new Refused(403, 'The address lacks its token, or has an old one: open the address that `rerender preview` printed.');
  }
  // A link from elsewhere may lead to the page itself, and to nothing else.
  if (rest.join('/') !== '' || request.method !== 'GET') checkOrigin(headers);
  return { path: rest.join('/'), query: new URLSearchParams(query) };
};
