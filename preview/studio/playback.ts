// The render as it is watched: finished frames while it runs, and the source as a clip that every browser plays beside the result.
import { join } from 'node:path';
import { openEncoder } from '../../media/encode.ts';
import type { Picture } from '../../media/frame.ts';
import { webpBytes } from '../../media/picture.ts';
import { openTemporaryFolder, type TemporaryFolder } from '../../media/temporary-folder.ts';
import { Refused } from '../http/refuse.ts';
import { sourceFrame } from './draw.ts';
import type { Order, Renders } from './render.ts';
import type { Sessions } from './sessions.ts';
import { type Work, withWork } from './work.ts';

export type Playback = {
  /** A finished frame of the render that runs, numbered as the clip's. @throws Refused with 404 for one that is not there yet */
  frame(number: number): Promise<Buffer>;
  /** The source of the render that is there: its frames at the size that is drawn, as a file. @throws Refused with 404 without a render */
  source(): Promise<string>;
  close(): Promise<void>;
};

/** Quick, and good enough to compare with. */
const PROXY = { crf: 18, preset: 'veryfast', audio: false, overwrite: true } as const;

const writeProxy = async ({ job }: Work, output: string): Promise<string> => {
  const { source } = job.session;
  const { times } = job.survey;
  const encoder = await openEncoder(output, { ...PROXY, ...source.size, ffmpeg: source.ffmpeg, times });
  try {
    let written = 0;
    for await (const frame of source.frames(source.size, { purpose: 'the source beside the result' })) {
      await encoder.write({ ...frame, index: written, time: times[written]! });
      written++;
    }
    await encoder.finish();
  } catch (error) {
    await encoder.abort();
    throw error;
  }
  return output;
};

export const openPlayback = (renders: Renders, sessions: Sessions, signal: AbortSignal): Playback => {
  const proxies = new Map<string, Promise<string>>();
  let folder: Promise<TemporaryFolder> | undefined;
  let recent: { readonly order: Order; readonly first: number; readonly pictures: Promise<readonly Picture[]> } | undefined;

  const present = (): Order => {
    const order = renders.order();
    if (!order) throw new Refused(404, 'Nothing was rendered yet.');
    return order;
  };
  const inWork = <T>(order: Order, use: (work: Work) => Promise<T>): Promise<T> =>
    withWork(order.base, order.values, { sessions, signal }, use);

  /** The frames of the part that a frame belongs to, read from the store; the frame of the source where no part has it. */
  const partOf = async (order: Order, index: number) => {
    const at = recent;
    if (at?.order === order && index >= at.first && index < at.first + (await at.pictures).length) return at;
    return inWork(order, async work => {
      const { planned, session } = work.job;
      const part = planned.parts.find(({ first, last }) => index >= first && index <= last);
      if (!part) return { first: index, pictures: Promise.resolve([await sourceFrame(work, index)]) };
      recent = { order, first: part.first, pictures: session.workshop.get(planned, part.pictures) };
      await recent.pictures;
      return recent;
    });
  };

  return {
    frame: async number => {
      const order = present();
      const { state, ready } = renders.info()!;
      const index = number - order.from;
      if (state === 'done' || !(index >= 0 && index < ready)) throw new Refused(404, `Frame ${number} is not rendered yet.`);
      const { first, pictures } = await partOf(order, index);
      return webpBytes((await pictures)[index - first]!, 88);
    },
    source: async () => {
      const order = present();
      folder ??= openTemporaryFolder();
      const { folder: place } = await folder;
      return inWork(order, async work => {
        const { width, height } = work.job.session.source.size;
        const name = `source-${order.from}-${order.frames}-${width}x${height}.mp4`;
        const found = proxies.get(name) ?? writeProxy(work, join(place, name));
        proxies.set(name, found);
        found.catch(() => proxies.delete(name)); // the next request tries again
        return found;
      });
    },
    close: async () => {
      await (await folder)?.close();
    },
  };
};
