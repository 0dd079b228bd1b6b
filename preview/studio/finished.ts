// Key frames that are finished already: the page shows them without being asked.
import type { Drawing } from './draw.ts';
import type { Work } from './work.ts';

/** Key frames that are told at most, those next to the frame that is shown. */
const MOST = 60;

/** Tells the key frames that lie in the store under these settings, the nearest first. */
export const tellFinished = async ({ job, from }: Work, { request, frame, pictures, tell, signal }: Drawing): Promise<void> => {
  const { planned, session } = job;
  const near = [...planned.keyframes].sort((a, b) => Math.abs(a.frame + from - frame) - Math.abs(b.frame + from - frame)).slice(0, MOST);
  const { nodes } = await session.workshop.demand(
    planned,
    near.map(({ picture }) => picture),
  );
  const missing = new Set([...nodes.keys()].map(({ id }) => id));
  for (const { frame: index, picture } of near) {
    signal.throwIfAborted();
    if (missing.has(picture.node)) continue;
    const found = await pictures.add(await session.workshop.get(planned, picture));
    tell({ type: 'keyframe', request, frame: index + from, picture: found });
  }
};
