// The one stream of events that each page listens to.
import type { ServerResponse } from 'node:http';
import type { PageEvent } from '../api.ts';
import { Refused } from './refuse.ts';

const MOST_CLIENTS = 64;
/** Bytes that wait for a page that reads too slowly; it is then cut off, comes back by itself and asks for the state. */
const MOST_WAITING = 2 * 2 ** 20;
/** Milliseconds between two signs of life; proxies and sleeping machines cut silent streams. */
const HEARTBEAT = 15_000;

export type Streams = {
  /** Begins the stream of a client. @param left is called when it ends @throws Refused with 503 when too many listen */
  open(client: string, response: ServerResponse, left: () => void): void;
  send(client: string, event: PageEvent): void;
  broadcast(event: PageEvent): void;
  count(): number;
  close(): void;
};

export const openStreams = (): Streams => {
  const clients = new Map<string, ServerResponse>();
  const write = (response: ServerResponse, text: string): void => {
    if (response.destroyed || response.writableEnded) return;
    if (response.writableLength > MOST_WAITING) response.destroy();
    else response.write(text);
  };
  const tell = (response: ServerResponse, event: PageEvent): void => write(response, `data: ${JSON.stringify(event)}\n\n`);
  const heart = setInterval(() => {
    for (const response of clients.values()) write(response, ': here\n\n');
  }, HEARTBEAT).unref();
  return {
    open: (client, response, left) => {
      const earlier = clients.get(client);
      if (!earlier && clients.size >= MOST_CLIENTS) throw new Refused(503, 'Too many pages are open: close some of them.');
      earlier?.destroy();
      clients.set(client, response);
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' });
      response.write('retry: 1000\n\n');
      // Of the response: the request of a stream closes as soon as it is read.
      response.on('close', () => {
        if (clients.get(client) !== response) return; // the page has come back meanwhile
        clients.delete(client);
        left();
      });
      response.on('error', () => undefined);
    },
    send: (client, event) => {
      const response = clients.get(client);
      if (response) tell(response, event);
    },
    broadcast: event => {
      for (const response of clients.values()) tell(response, event);
    },
    count: () => clients.size,
    close: () => {
      clearInterval(heart);
      for (const response of clients.values()) response.destroy();
    },
  };
};
