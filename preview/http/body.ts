// What a page sends: small JSON objects, and pictures.
import type { IncomingMessage } from 'node:http';
import { isObject, parseJson } from '../../config/json.ts';
import { Refused } from './refuse.ts';

const MOST = 64 * 1024; // bytes of JSON
const MOST_OF_A_PICTURE = 48 * 2 ** 20; // bytes: a PNG of 4096 x 2304 pixels at its largest is 28 MiB

/** Bytes of bodies that may be on their way at the same time, over all connections. */
const MOST_AT_ONCE = 4 * MOST_OF_A_PICTURE;
let arriving = 0;

const typeOf = ({ headers }: IncomingMessage): string => headers['content-type'] ?? '';

/** @throws Refused with 413 or 503 */
const readBytes = async (request: IncomingMessage, what: string, most: number): Promise<Buffer> => {
  const tooLarge = () => new Refused(413, `${what} is larger than ${most} bytes.`);
  if (Number(request.headers['content-length'] ?? 0) > most) throw tooLarge();
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      // a request that is destroyed takes its answer along
      bytes += chunk.length;
      arriving += chunk.length;
      if (bytes > most) throw tooLarge();
      if (arriving > MOST_AT_ONCE) throw new Refused(503, 'Too much is sent at the same time: send it again in a moment.');
      chunks.push(chunk);
    }
  } finally {
    arriving -= bytes;
  }
  return Buffer.concat(chunks);
};

/** @throws Refused with 413, 415 or 400 */
export const readBody = async (request: IncomingMessage): Promise<Readonly<Record<string, unknown>>> => {
  if (!/^application\/json\s*(;|$)/i.test(typeOf(request)))
    throw new Refused(415, 'The request must be JSON: send it as application/json.');
  const value = parseJson(await readBytes(request, 'The request', MOST), reason => new Refused(400, `The request ${reason}.`));
  if (!isObject(value)) throw new Refused(400, 'The request must be one JSON object.');
  return value;
};

/** A file that was dropped. @throws Refused with 413 or 415 */
export const readPictureBytes = async (request: IncomingMessage): Promise<Buffer> => {
  if (!/^image\//i.test(typeOf(request))) throw new Refused(415, 'That file is no picture: drop a PNG, JPEG or WebP.');
  return readBytes(request, 'The picture', MOST_OF_A_PICTURE);
};
