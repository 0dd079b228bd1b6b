// Draws one frame as the clip gets it, and tells every step of it.
import type { Picture } from '../../media/frame.ts';
import { webpBytes } from '../../media/picture.ts';
import type { NodeRef, Ref } from '../../pipeline/graph/ref.ts';
import { stepPicture } from '../../pipeline/session/step-picture.ts';
import { weightsOf } from '../../pipeline/strategies/weights.ts';
import { blendPictures } from '../../stages/pictures/blend.ts';
import type { PageEvent } from '../api.ts';
import { Refused } from '../http/refuse.ts';
import type { Pace } from './pace.ts';
import type { Pictures } from './pictures.ts';
import type { Work } from './work.ts';

export type Told = (event: PageEvent) => void;

const indexOf = ({ job: { survey }, from }: Work, frame: number): number => Math.max(0, Math.min(frame - from, survey.times.length - 1));

/** How much of a frame of the result is the drawing, 0..1. */
const weightAt = ({ job: { planned, survey } }: Work, index: number): number =>
  weightsOf(survey.times, planned.only, planned.options)[index]!;

/** Which output of the plan shows a frame, and where in it; no output for frames that stay those of the source. */
const placeOf = (work: Work, frame: number) => {
  const { planned } = work.job;
  const index = indexOf(work, frame);
  const key = planned.keyframes.find(one => one.frame === index);
  if (key) return { index, ref: key.picture as NodeRef, pick: (value: unknown) => value as Picture };
  const part = planned.parts.find(({ first, last }) => index >= first && index <= last && weightAt(work, index) > 0);
  return {
    index,
    ref: part?.pictures as NodeRef | undefined,
    pick: (value: unknown) => (value as readonly Picture[])[index - part!.first]!,
  };
};

/** Whether a frame is drawn at all; others stay those of the source. */
export const isDrawn = (work: Work, frame: number): boolean => placeOf(work, frame).ref !== undefined;

/** A frame of the run as the source has it, at the size that is drawn. @throws Refused with 404 */
export const sourceFrame = async ({ job: { session } }: Work, index: number): Promise<Picture> => {
  for await (const frame of session.source.frames(session.source.size, { only: [index], purpose: 'a frame that is kept' })) return frame;
  throw new Refused(404, 'The clip has no such frame.');
};

/** A drawing as the result shows it: mixed with the source where that is seen. */
export const asShown = async (work: Work, frame: number, drawn: Picture): Promise<Picture> => {
  const index = indexOf(work, frame);
  const weight = weightAt(work, index);
  return weight === 1 ? drawn : blendPictures(drawn, await sourceFrame(work, index), weight);
};

export type Drawing = {
  readonly request: number;
  readonly frame: number;
  readonly pictures: Pictures;
  readonly pace: Pace;
  readonly tell: Told;
  readonly signal: AbortSignal;
};

/** Draws a frame with all that it needs. Key frames on the way are told as they are done. @throws the signal's reason on abort */
export const drawFrame = async (work: Work, { request, frame, pictures, pace, tell, signal }: Drawing): Promise<Picture> => {
  const { job, from } = work;
  const { index, ref, pick } = placeOf(work, frame);
  if (!ref) return sourceFrame(work, index);
  const keyframes = new Map(job.planned.keyframes.map(key => [key.picture.node, key]));
  const wanted = job.planned.keyframes.filter(key => key.frame <= index).map(({ picture }) => picture as NodeRef);
  const needed = [...(keyframes.has(ref.node) ? [] : wanted.slice(-1)), ref];
  const stop = () => void run.close();
  const run = await job.session.workshop.run(job.planned, needed, {
    onStart: node => pace.start(node),
    onProgress: (node, done, _total, look) => {
      if (!look) return;
      pace.step(node, done);
      const place = from + Number(node.params.frame ?? node.params.first ?? 0);
      void stepPicture(job.opened.model, look)
        .then(picture => webpBytes(picture, 75))
        .then(bytes => `data:image/webp;base64,${bytes.toString('base64')}`)
        .then(picture => signal.aborted || tell({ type: 'step', request, frame: place, step: done, steps: node.units, picture }))
        .catch(() => undefined); // the drawing ends, or its own failure is told
    },
    onDone: async (node, found, read) => {
      pace.done(node);
      const key = keyframes.get(node.id);
      if (!key || found || signal.aborted) return;
      const picture = await pictures.add((await read(key.picture.output)) as Picture);
      tell({ type: 'keyframe', request, frame: from + key.frame, picture });
    },
  });
  signal.addEventListener('abort', stop);
  try {
    if (signal.aborted) throw signal.reason;
    const [value] = await Promise.all([run.value(ref as Ref<unknown>), run.finished]);
    return pick(value);
  } finally {
    signal.removeEventListener('abort', stop);
    await run.close();
  }
};
