// What the server sends: headers that hold for everything, JSON, bytes, parts of files.
import { createReadStream } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { open } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { Refused } from './refuse.ts';

/** The page loads what this server has, and nothing else; nobody frames it; its address, which has the token, is told to nobody. */
const HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; connect-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
} as const;

export const setHeaders = (response: ServerResponse): void => {
  for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
};

export const sendJson = (response: ServerResponse, value: unknown, status = 200): void => {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' });
  response.end(JSON.stringify(value));
};

/** @param lasting whether the bytes of this address never change */
export const sendBytes = (response: ServerResponse, bytes: Uint8Array, type: string, lasting: boolean): void => {
  response.writeHead(200, {
    'content-type': type,
    'content-length': bytes.length,
    'cache-control': lasting ? 'private, max-age=31536000, immutable' : 'no-cache',
  });
  response.end(bytes);
};

type Span = { readonly first: number; readonly last: number };

/** The one range that browsers ask for; undefined where all is asked for. @throws Refused with 416 */
const rangeOf = (header: string | undefined, size: number): Span | undefined => {
  const [, from = '', to = ''] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? [];
  if (from === '' && to === '') return undefined;
  const first = from === '' ? Math.max(0, size - Number(to)) : Number(from);
  const last = from === '' || to === '' ? size - 1 : Math.min(size - 1, Number(to));
  if (first > last || first >= size) throw new Refused(416, `The file has ${size} bytes; that range is outside.`);
  return { first, last };
};

const sendOpened = async (request: IncomingMessage, response: ServerResponse, file: FileHandle, type: string): Promise<void> => {
  const { size } = await file.stat();
  const range = rangeOf(request.headers.range, size);
  const { first, last } = range ?? { first: 0, last: size - 1 };
  response.writeHead(range ? 206 : 200, {
    'content-type': type,
    'content-length': last - first + 1,
    'accept-ranges': 'bytes',
    'cache-control': 'no-cache',
    ...(range && { 'content-range': `bytes ${first}-${last}/${size}` }),
  });
  if (size === 0) response.end();
  // A reader that is slow or leaves holds a file, and no memory.
  else await pipeline(createReadStream('', { fd: file, start: first, end: last, autoClose: false }), response).catch(() => undefined);
};

/** A file, or the range of it that is asked for. @throws Refused with 404 or 416 */
export const sendFile = async (request: IncomingMessage, response: ServerResponse, path: string, type: string): Promise<void> => {
  const file = await open(path).catch(() => {
    throw new Refused(404, 'The file is gone: render it again.');
  });
  await sendOpened(request, response, file, type).finally(() => file.close());
};
