// Rendering the clip: one render at a time, told to every page; paused it goes on from what is finished.
import { extname } from 'node:path';
import type { PartialOptions } from '../../config/options.ts';
import type { Picture } from '../../media/frame.ts';
import type { Event } from '../../pipeline/events.ts';
import { rerenderIn } from '../../pipeline/jobs/rerender.ts';
import { optionsOf, type Request } from '../../pipeline/session/request.ts';
import type { RenderInfo, RenderStage, Values } from '../api.ts';
import { Refused } from '../http/refuse.ts';
import { sentenceOf } from './sentence.ts';
import type { Sessions } from './sessions.ts';

/** Containers that browsers play. */
const PLAYED = ['.mp4', '.m4v', '.webm', '.mov'];
/** Milliseconds between two events of progress. */
const APART = 150;

export type Order = {
  readonly base: Request;
  readonly values: PartialOptions;
  /** The same as the page sent them. */
  readonly asked: Values;
  readonly output: string;
  readonly from: number;
  readonly frames: number;
  /** Seconds that it takes as a whole, as far as is known. */
  readonly seconds: number | undefined;
};

export type Renders = {
  info(): RenderInfo | undefined;
  order(): Order | undefined;
  /** @throws Refused with 409 while another one runs */
  start(order: Order): Promise<RenderInfo>;
  pause(): void;
  /** Goes on with the one that is paused or failed. @throws Refused with 409 where there is none */
  resume(): Promise<RenderInfo>;
  /** Ends it for good. */
  cancel(): void;
  close(): Promise<void>;
};

type Present = { info: RenderInfo; readonly order: Order; stop: AbortController; ended: Promise<void> };

const withStage = (stages: readonly RenderStage[], next: RenderStage): RenderStage[] =>
  stages.some(({ stage }) => stage === next.stage) ? stages.map(one => (one.stage === next.stage ? next : one)) : [...stages, next];

/** Seconds that are left: by the slower of what was estimated and of what this render shows. */
const leftOf = (stages: readonly RenderStage[], seconds: number | undefined, begun: number): number | undefined => {
  const work = stages.filter(({ stage }) => stage !== 'encode');
  if (work.length === 0) return seconds;
  const done = work.reduce((sum, { done, total }) => sum + done / total, 0) / Math.max(2, work.length);
  const passed = (performance.now() - begun) / 1000;
  if (done < 0.05) return seconds === undefined ? undefined : Math.max(0, seconds - passed);
  const byRate = (passed * (1 - done)) / done;
  return seconds === undefined ? byRate : done * byRate + (1 - done) * Math.max(0, seconds - passed);
};

export type RendersOptions = {
  readonly tell: (info: RenderInfo) => void;
  /** A key frame is drawn, or found. */
  readonly drawn: (info: RenderInfo, frame: number, picture: Picture) => Promise<void>;
  /** What those who render elsewhere have to say. */
  readonly warn: (message: string) => void;
  readonly signal: AbortSignal;
  readonly elsewhere?: Elsewhere | undefined;
};

/** Has a clip rendered by other machines, and brings the result. */
export type Elsewhere = (request: Request) => Promise<unknown>;

export const openRenders = (sessions: Sessions, { tell, drawn, warn, signal, elsewhere }: RendersOptions): Renders => {
  let present: Present | undefined;
  let number = 0;

  const update = (changes: Partial<RenderInfo>): void => {
    if (!present) return;
    present.info = { ...present.info, ...changes };
    tell(present.info);
  };

  const run = async (order: Order, stop: AbortSignal): Promise<void> => {
    const begun = performance.now();
    let toldAt = 0;
    const onEvent = (event: Event): void => {
      if (!present || stop.aborted) return;
      const { info } = present;
      if (event.type === 'preview') {
        const { frame } = event;
        // shown while the rest is made; a failure is the render's own
        void event
          .picture()
          .then(picture => drawn(info, order.from + frame, picture))
          .catch(() => undefined);
      }
      if (event.type === 'warning' && elsewhere) warn(event.message);
      if (event.type !== 'progress') return;
      const { stage, done, total, unit } = event;
      const stages = withStage(present.info.stages, { stage, done, total, unit });
      const left = leftOf(stages, order.seconds, begun);
      const changes = { stages, ...(left !== undefined && { left }), ...(stage === 'encode' && !elsewhere && { ready: done }) };
      if (done < total && performance.now() - toldAt < APART) present.info = { ...present.info, ...changes };
      else {
        toldAt = performance.now();
        update(changes);
      }
    };
    const request: Request = { ...order.base, ...order.values, output: order.output, onEvent, signal: stop };
    const { session, release } = await sessions.hold(request);
    try {
      await (elsewhere ? elsewhere(request) : rerenderIn(session, request));
      const { report } = await optionsOf(request);
      update({ state: 'done', left: 0, ready: order.frames, playable: PLAYED.includes(extname(order.output).toLowerCase()), report });
    } finally {
      release();
    }
  };

  const begin = (order: Order, id: string, values: Values): RenderInfo => {
    const stop = new AbortController();
    const { output, from, frames, seconds } = order;
    const info: RenderInfo = {
      id,
      state: 'running',
      values,
      output,
      stages: [],
      ready: 0,
      from,
      frames,
      ...(seconds !== undefined && { left: seconds }),
    };
    const ended = run(order, AbortSignal.any([signal, stop.signal])).catch(error => {
      if (stop.signal.aborted || signal.aborted) update({ state: 'paused' });
      else update({ state: 'failed', message: sentenceOf(error) });
    });
    present = { info, order, stop, ended };
    tell(info);
    return info;
  };

  return {
    info: () => present?.info,
    order: () => present?.order,
    start: async order => {
      const check = (): void => {
        if (present?.info.state === 'running') throw new Refused(409, 'A render is running: pause or cancel it first.');
      };
      check();
      await present?.ended; // one that was paused may still be in its last step
      check();
      return begin(order, String(++number), order.asked);
    },
    pause: () => {
      if (present?.info.state !== 'running') return;
      present.stop.abort(new Error('the render is paused'));
      update({ state: 'paused' });
    },
    resume: async () => {
      const waits = (): boolean => present?.info.state === 'paused' || present?.info.state === 'failed';
      const refuse = (): Refused => new Refused(409, 'No render is paused.');
      if (!waits()) throw refuse();
      await present?.ended;
      if (!present || !waits()) throw refuse();
      return begin(present.order, present.info.id, present.info.values);
    },
    cancel: () => {
      present?.stop.abort(new Error('the render is cancelled'));
      const gone = present;
      void gone?.ended.then(() => {
        if (present !== gone) return;
        present = undefined;
        tell({ ...gone.info, state: 'paused', id: '' });
      });
    },
    close: async () => {
      present?.stop.abort(new Error('the preview ends'));
      await present?.ended;
    },
  };
};
