// A process that is waited for has to give a sign of life.
import { stat } from 'node:fs/promises';
import { StallError } from './errors.ts';
import type { Running } from './process.ts';

/** Calls `stalled` when the next item of a stream takes longer than `seconds`, counted while somebody waits for it; 0: never. */
export async function* attended<T>(source: AsyncIterable<T>, seconds: number, stalled: () => void): AsyncGenerator<T, void, undefined> {
  for (const items = source[Symbol.asyncIterator](); ; ) {
    const timer = seconds > 0 ? setTimeout(stalled, seconds * 1000) : undefined;
    const next = await items.next().finally(() => clearTimeout(timer));
    if (next.done) return;
    yield next.value;
  }
}

/** Seconds between two looks at most. */
const LOOK = 5;

/**
 * Waits for something, as long as it takes, while `sign` goes on changing.
 * @param sign what changes while there is life
 * @param stalled called when it has not changed for `seconds`; 0: never
 */
export const patient = async (what: Promise<unknown>, sign: () => Promise<string>, seconds: number, stalled: () => void): Promise<void> => {
  if (seconds === 0) return void (await what);
  const every = Math.min(LOOK, seconds);
  let last = await sign();
  let silent = 0;
  const timer = setInterval(async () => {
    const now = await sign();
    silent = now === last ? silent + every : 0;
    last = now;
    if (silent >= seconds) stalled();
  }, every * 1000);
  await what.finally(() => clearInterval(timer));
};

/** Waits for an ffmpeg that writes a file, while the file changes. @param doing in words, for the error: `encoding out.mp4` */
export const finished = (running: Running, path: string, doing: string, seconds: number): Promise<void> => {
  const sign = async (): Promise<string> => {
    const about = await stat(path).catch(() => undefined);
    return `${about?.size} ${about?.mtimeMs}`;
  };
  return patient(running.done, sign, seconds, () => running.kill(new StallError(doing, seconds)));
};
