// Which pixels of a frame between key frames are warped from them, and which are synthesised.
import { createHash } from 'node:crypto';
import type { Picture } from '../../media/frame.ts';
import type { NodeRef, Ref } from '../../pipeline/graph/ref.ts';
import { openPropagator } from '../../pipeline/session/propagator.ts';
import { Refused } from '../http/refuse.ts';
import type { Work } from './work.ts';

type Made = { readonly id: string; readonly first: number; readonly pictures: Promise<readonly Picture[]> };

/** The interval that was looked at last: the next frame that is asked for mostly lies in it, too. */
let latest: Made | undefined;

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
  const propagator = openPropagator({ jobs: 1 });
  try {
    const frames = await sourceOf(work, first, last);
    return await propagator.interval({ frames, first: keys[0], last: keys[1], tier: 'origins', poisson: false }, signal);
  } finally {
    await propagator.close();
  }
};

type Span = { readonly first: number; readonly last: number };
type Keys = readonly [first: Picture, last?: Picture];

/** @throws Refused with 404 for a frame that is drawn or kept, or made another way */
export const originsPicture = async (work: Work, frame: number, signal: AbortSignal): Promise<Picture> => {
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
  if (latest?.id !== id) latest = { id, first: span.first, pictures: make(work, span, keys, signal) };
  const here = latest;
  here.pictures.catch(() => latest === here && (latest = undefined));
  return (await here.pictures)[index - here.first]!;
};
