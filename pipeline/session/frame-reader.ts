// Hands out ranges of decoded frames from one sequential pass, holding no more than the range asked for.
import { setImmediate } from 'node:timers/promises';
import { MediaError } from '../../media/errors.ts';
import type { Frame } from '../../media/frame.ts';

export type FrameReader = {
  /**
   * The frames first..last (both included). Of ranges that wait, the one that begins first is served first; a range that begins before the
   * pass has come to opens a new pass. Neighbouring ranges may share their border frame.
   * @throws when the clip ends before `last`
   */
  range(first: number, last: number): Promise<Frame[]>;
  close(): Promise<void>;
};

/**
 * @param open starts a pass over the frames from the first on, in order (some may be left out)
 * @param keep how many frames before the last one of a range the next range may begin, default 0
 */
export const frameReader = (open: () => AsyncIterable<Frame>, keep = 0): FrameReader => {
  let pass: AsyncIterator<Frame> | undefined;
  let held: Frame[] = [];
  const waiting: { readonly first: number; readonly serve: () => Promise<void> }[] = [];
  let serving: Promise<void> | undefined;

  const close = async (): Promise<void> => {
    const ending = pass;
    pass = undefined;
    held = [];
    await ending?.return?.();
  };

  const read = async (first: number, last: number): Promise<Frame[]> => {
    if (pass && held[0] !== undefined && held[0].index > first) await close();
    pass ??= open()[Symbol.asyncIterator]();
    held = held.filter(frame => frame.index >= first);
    while ((held.at(-1)?.index ?? -1) < last) {
      const next = await pass.next();
      if (next.done) {
        throw new MediaError('MEDIA_CHANGED', `the clip ended before frame ${last}, although an earlier pass had read that: run again`);
      }
      if (next.value.index >= first) held.push(next.value);
    }
    const frames = held.filter(frame => frame.index <= last);
    held = held.filter(frame => frame.index >= last - keep);
    return frames;
  };

  const serveAll = async (): Promise<void> => {
    await setImmediate(); // who asks at the same moment may ask for what lies before
    while (waiting.length > 0) {
      const next = waiting.reduce((least, each) => (each.first < least.first ? each : least));
      waiting.splice(waiting.indexOf(next), 1);
      await next.serve();
    }
    serving = undefined;
  };

  return {
    range: (first, last) =>
      new Promise((resolve, reject) => {
        waiting.push({ first, serve: () => read(first, last).then(resolve, reject) });
        serving ??= serveAll();
      }),
    close: async () => {
      await serving;
      await close();
    },
  };
};
