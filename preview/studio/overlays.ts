// Pictures that explain a frame: its motion, what the next frame hides, what the ControlNets are shown, where its pixels come from.
import type { Picture } from '../../media/frame.ts';
import type { Tensor } from '../../models/tensor.ts';
import type { Ref } from '../../pipeline/graph/ref.ts';
import type { Source } from '../../pipeline/session/source.ts';
import { flowColours } from '../../stages/flow/colours.ts';
import { openFlow } from '../../stages/flow/flow.ts';
import { toPicture } from '../../stages/keyframes/pixels.ts';
import type { OverlayKind } from '../api.ts';
import { Refused } from '../http/refuse.ts';
import { originsPicture, type Until } from './origins.ts';
import type { Work } from './work.ts';

const pairAt = async (source: Source, index: number): Promise<Picture[]> => {
  const pair: Picture[] = [];
  for await (const frame of source.frames(source.size, { only: [index, index + 1], purpose: 'the motion of a frame' })) pair.push(frame);
  return pair;
};

/** A picture of bytes on a grid: white where they are set. */
const maskPicture = (mask: Uint8Array, width: number, height: number): Picture => {
  const data = new Uint8Array(width * height * 3);
  for (const [p, hidden] of mask.entries()) data.fill(hidden ? 255 : 24, p * 3, p * 3 + 3);
  return { width, height, data };
};

const motionOf = async ({ job, from }: Work, frame: number, kind: 'flow' | 'occlusion', signal: AbortSignal): Promise<Picture> => {
  const [first, second] = await pairAt(job.session.source, frame - from);
  if (!first || !second) throw new Refused(404, 'The last frame has no motion to a next one: choose one before it.');
  const flow = openFlow();
  try {
    const { forward, hiddenInSecond, width, height } = await flow.pair(first, second, { signal });
    return kind === 'occlusion' ? maskPicture(hiddenInSecond, width, height) : flowColours(forward, { width, height });
  } finally {
    await flow.close();
  }
};

/** The first ControlNet's image of a key frame. */
const controlOf = async ({ job: { planned, session }, from }: Work, frame: number): Promise<Picture> => {
  const name = frame - from;
  const node = planned.plan.nodes.find(({ id }) => id === `canny ${name}` || id === `control-image ${name} 0`);
  if (!node) throw new Refused(404, 'No ControlNet looks at this frame: choose a key frame, and a model or --control that has one.');
  return toPicture((await session.workshop.get(planned, { node: node.id, output: 'image' } as Ref<Tensor>)) as Tensor);
};

/** @throws Refused with 404 where the frame has no such picture */
export const overlayOf = (work: Work, frame: number, kind: OverlayKind, until: Until): Promise<Picture> =>
  kind === 'control'
    ? controlOf(work, frame)
    : kind === 'origins'
      ? originsPicture(work, frame, until)
      : motionOf(work, frame, kind, until.signal);
