// The frames of a clip as the nodes of a plan ask for them: single ones, and ranges in order.
import type { Frame } from '../../media/frame.ts';
import type { Plan } from '../graph/plan.ts';
import type { Clip } from '../steps/held.ts';
import { frameReader } from './frame-reader.ts';
import type { Source } from './source.ts';

export type OpenedClip = Clip & { close(): Promise<void> };

/** How many decoded single frames are at hand: a key frame, its anchor, the one before, and one that is left over. */
const AT_HAND = 4;

/** The single frames that a plan asks for, rising. */
const singlesOf = ({ nodes }: Plan): number[] => {
  const frames = nodes.flatMap(({ params: { frame } }) => (typeof frame === 'number' ? [frame] : []));
  return [...new Set(frames)].sort((a, b) => a - b);
};

/** How many frames before the end of a range the next one begins at most. */
const overlapOf = ({ nodes }: Plan): number => {
  const ranges = nodes.flatMap(({ params: { first, last } }) =>
    typeof first === 'number' && typeof last === 'number' ? [{ first, last }] : [],
  );
  return ranges.reduce((most, { first }, i) => Math.max(most, (ranges[i - 1]?.last ?? first) - first), 0);
};

/** Opens a clip for the nodes of a plan. Each of the two passes begins when it is first asked for. */
export const openClip = (source: Source, plan: Plan): OpenedClip => {
  const singles = frameReader(() => source.frames(source.size, { only: singlesOf(plan), purpose: 'the key frames' }));
  const ranges = frameReader(() => source.frames(source.size, { purpose: 'the frames in order' }), overlapOf(plan));
  const recent = new Map<number, Promise<Frame>>();
  return {
    frame: index => {
      const found = recent.get(index) ?? singles.range(index, index).then(([frame]) => frame!);
      recent.delete(index);
      recent.set(index, found); // now the youngest
      for (const oldest of recent.keys()) if (recent.size > AT_HAND) recent.delete(oldest);
      return found;
    },
    range: ranges.range,
    close: async () => {
      await Promise.all([singles.close(), ranges.close()]);
    },
  };
};
