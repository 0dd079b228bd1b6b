// Asks a preview server as anybody may: any host, any header, any path, unchanged.
import { type IncomingHttpHeaders, request } from 'node:http';

export type Answered = { readonly status: number; readonly headers: IncomingHttpHeaders; readonly text: string; readonly bytes: Buffer };

export type Asking = {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
};

/** @param path as it stands in the request line, behind the port */
export const askAt = (port: number, path: string, { method = 'GET', headers = {}, body }: Asking = {}): Promise<Answered> =>
  new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, path, method, headers, agent: false }, response => {
      const chunks: Buffer[] = [];
      response.on('data', chunk => chunks.push(chunk));
      response.on('end', () => {
        const bytes = Buffer.concat(chunks);
        resolve({ status: response.statusCode!, headers: response.headers, text: bytes.toString(), bytes });
      });
      response.on('error', reject);
    });
    asked.on('error', reject);
    asked.end(body);
  });

/** Asks the server of an address. */
export const asker = (url: string) => {
  const { port, pathname } = new URL(url);
  const ask = (path: string, asking?: Asking) => askAt(Number(port), `${pathname}${path}`, asking);
  return {
    port: Number(port),
    token: pathname,
    ask,
    post: (path: string, body: unknown, headers: Readonly<Record<string, string>> = {}) =>
      ask(path, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) }),
  };
};
