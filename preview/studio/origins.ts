// Which pixels of a frame between key frames are warped from them, and which are synthesised.
import { createHash } from 'node:crypto';
import type { Picture } from '../../media/frame.ts';
import type { NodeRef, Ref } from '../../pipeline/graph/ref.ts';
import { untilAborted } from '../../pipeline/graph/until-aborted.ts';
import { openPropagator } from '../../pipeline/session/propagator.ts';
import { Refused } from '../http/refuse.ts';
import type { Work } from './work.ts';

type Made = {
  readonly id: string;
  readonly first: number;
  readonly pictures: Promise<readonly Picture[]>;
  readonly stop: AbortController;
  /** Those who wait for its pictures. */
  waiting: number;
};

/** The interval that was looked at last: the next frame that is asked for mostly lies in it, too. */
let latest: Made | undefined;

/** Waits for what is being made, until the asker leaves: it is made on, as another frame of it may be asked for next. */
const waitFor = async (made: Made, signal: AbortSignal): Promise<readonly Picture[]> => {
  made.waiting++;
  return untilAborted(made.pictures, signal).finally(() => made.waiting--);
};

const digestOf = (pictures: readonly Picture[]): string =>
  pictures.reduce((hash, { data }) => hash.update(data), createHash('sha256')).digest('hex');

/** The frames first..last of the source, both included. */
const sourceOf = async ({ job: { session } }: Work, first: number, last: number) => {
  const only = Array.from({ length: last - first + 1 }, (_, i) => first + i);
  const frames = [];
  for await (const frame of session.source.frames(session.source.size, { only, purpose: 'where pixels come from' })) frames.push(frame);
  return frames;
};

const make = async (work: Work, { first, last }: Span, keys: Keys, signal: AbortSignal): Promise<readonly Picture[]> => {
  const propagator = openPropagator({ jobs: work.job.options.jobs });
  try {
    const frames = await sourceOf(work, first, last);
    return await propagator.interval(
      { frames, first: keys[0], last: keys[1], tier: 'origins', motion: work.job.options.motion, poisson: false, steady: 0 },
      signal,
    );
  } finally {
    await propagator.close();
  }
};

/** In place of the interval before, which ends where nobody waits for it. */
const begin = (work: Work, id: string, span: Span, keys: Keys, lasting: AbortSignal): Made => {
  if (latest?.waiting === 0) latest.stop.abort(new Error('another interval is looked at'));
  const stop = new AbortController();
  const made: Made = { id, first: span.first, pictures: make(work, span, keys, AbortSignal.any([lasting, stop.signal])), stop, waiting: 0 };
  made.pictures.catch(() => latest === made && (latest = undefined));
  return made;
};

type Span = { readonly first: number; readonly last: number };
type Keys = readonly [first: Picture, last?: Picture];

/** Until when a picture is made. */
export type Until = {
  /** The asker leaves. */
  readonly signal: AbortSignal;
  /** The program ends. */
  readonly lasting: AbortSignal;
};

/** @throws Refused with 404 for a frame that is drawn or kept, or made another way */
export const originsPicture = async (work: Work, frame: number, { signal, lasting }: Until): Promise<Picture> => {
  const { job, from } = work;
  const { planned, session, options } = job;
  const index = frame - from;
  if (planned.keyframes.some(key => key.frame === index)) {
    throw new Refused(404, 'A key frame is drawn as a whole: choose a frame between two of them.');
  }
  if (options.propagate !== 'patch') {
    throw new Refused(404, `Between key frames ${options.propagate} is used, which this picture does not explain: take patch there.`);
  }
  const part = planned.parts.find(({ first, last }) => index >= first && index <= last);
  const node = part && planned.plan.nodes.find(({ id, step }) => id === part.pictures.node && step === 'interval');
  if (!node) throw new Refused(404, 'This frame is not made from key frames.');
  const span: Span = { first: Number(node.params.first), last: Number(node.params.last) };
  const read = (refs: readonly NodeRef[] = []) => Promise.all(refs.map(ref => session.workshop.get(planned, ref as Ref<Picture>)));
  const [[first], [last]] = await Promise.all([read(node.inputs.first), read(node.inputs.last)]);
  const keys: Keys = last ? [first!, last] : [first!];
  const id = `${span.first}-${span.last} ${session.source.identity.digest} ${digestOf(last ? [first!, last] : [first!])}`;
  if (latest?.id !== id) latest = begin(work, id, span, keys, lasting);
  const here = latest;
  return (await waitFor(here, signal))[index - here.first]!;
};
