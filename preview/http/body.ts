// What a page sends: small JSON objects.
import type { IncomingMessage } from 'node:http';
import { isObject, parseJson } from '../../config/json.ts';
import { Refused } from './refuse.ts';

const MOST = 64 * 1024; // bytes

/** @throws Refused with 413, 415 or 400 */
export const readBody = async (request: IncomingMessage): Promise<Readonly<Record<string, unknown>>> => {
  const type = request.headers['content-type'] ?? '';
  if (!/^application\/json\s*(;|$)/i.test(type)) throw new Refused(415, 'The request must be JSON: send it as application/json.');
  if (Number(request.headers['content-length'] ?? 0) > MOST) throw new Refused(413, `The request is larger than ${MOST} bytes.`);
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes > MOST) throw new Refused(413, `The request is larger than ${MOST} bytes.`);
    chunks.push(chunk);
  }
  const value = parseJson(Buffer.concat(chunks), reason => new Refused(400, `The request ${reason}.`));
  if (!isObject(value)) throw new Refused(400, 'The request must be one JSON object.');
  return value;
};
