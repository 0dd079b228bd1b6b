// What drawing for a page comes to: a frame and what FreeU does to it, all key frames, and the first picture before anybody asks.
import type { PartialOptions } from '../../config/options.ts';
import type { DrawRequest, KeysRequest, PageEvent, PlanInfo } from '../api.ts';
import { asShown, drawFrame, isDrawn } from './draw.ts';
import { tellFinished } from './finished.ts';
import { compareFreeU } from './freeu.ts';
import type { Pace } from './pace.ts';
import type { Pictures } from './pictures.ts';
import { sentenceOf } from './sentence.ts';
import type { Work } from './work.ts';

export type DrawingsOptions = {
  work<T>(values: PartialOptions, use: (work: Work) => Promise<T>, stop: AbortSignal): Promise<T>;
  info(work: Work): Promise<PlanInfo>;
  readonly pictures: Pictures;
  readonly pace: Pace;
  tell(client: string, event: PageEvent): void;
  /** A drawing has ended, and no other takes its place. */
  finished(): Promise<void>;
};

/** Each ends with its signal, and tells its failures. */
export type Drawings = {
  frame(request: DrawRequest, values: PartialOptions, stop: AbortSignal): Promise<void>;
  keys(request: KeysRequest, values: PartialOptions, stop: AbortSignal): Promise<void>;
  /** The picture that most pages ask for first, begun while the browser starts. */
  ahead(stop: AbortSignal): Promise<void>;
};

export const openDrawings = ({ work, info, pictures, pace, tell, finished }: DrawingsOptions): Drawings => {
  type Say = (event: PageEvent) => void;
  const run = async (
    { client, request }: KeysRequest,
    values: PartialOptions,
    stop: AbortSignal,
    draw: (one: Work, say: Say) => Promise<void>,
  ): Promise<void> => {
    const say: Say = event => {
      if (!stop.aborted) tell(client, event);
    };
    await work(values, one => draw(one, say), stop).catch(error => say({ type: 'failed', request, message: sentenceOf(error) }));
    if (!stop.aborted) await finished();
  };
  return {
    frame: (asked, values, stop) => {
      const { request, frame } = asked;
      const begun = performance.now();
      return run(asked, values, stop, async (one, say) => {
        const told = { request, frame, pictures, pace, tell: say, signal: stop };
        const drawn = await drawFrame(one, told);
        if (one.job.planned.keyframes.some(key => key.frame === frame - one.from))
          say({ type: 'keyframe', request, frame, picture: await pictures.add(drawn) });
        const picture = await pictures.add(await asShown(one, frame, drawn));
        say({ type: 'picture', request, frame, picture, seconds: (performance.now() - begun) / 1000 });
        say({ type: 'plan', request, plan: await info(one) }); // with what is finished now, and how long the rest takes
        await tellFinished(one, told);
        if (isDrawn(one, frame))
          await compareFreeU(one, drawn, { ...told, again: (changes, use) => work({ ...values, ...changes }, use, stop) });
      });
    },
    keys: (asked, values, stop) => {
      const { request } = asked;
      return run(asked, values, stop, async (one, say) => {
        for (const { frame } of one.job.planned.keyframes) {
          const number = frame + one.from;
          const picture = await drawFrame(one, { request, frame: number, pictures, pace, tell: say, signal: stop });
          say({ type: 'keyframe', request, frame: number, picture: await pictures.add(picture) });
        }
        say({ type: 'keyframes', request, plan: await info(one) });
      });
    },
    ahead: async stop => {
      const draw = (one: Work) => drawFrame(one, { request: 0, frame: one.from, pictures, pace, tell: () => undefined, signal: stop });
      await work({}, draw, stop);
    },
  };
};
