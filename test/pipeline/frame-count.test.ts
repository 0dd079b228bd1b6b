// Every stage's progress ends at its total, whatever part of the clip is chosen.
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { type Event, type PartialOptions, rerender } from '../../pipeline/index.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { makeClip } from './clips.ts';

const folder = temporaryFolder();
const input = join(folder, 'clip.mp4');
beforeAll(() => makeClip(input, 'testsrc2', 16)); // 8 frames a second

test.each<[string, PartialOptions, number]>([
  ['all of it', {}, 16],
  ['frames', { frames: '0-7' }, 8],
  ['frames beyond its end', { frames: [12, 99] }, 4],
  ['times', { start: '0:00.5', end: 1.5 }, 8],
  ['a duration', { start: 1, duration: '0.25' }, 2],
])('%s: analyse counts the frames that are looked through', async (_, part, frames) => {
  const events: Event[] = [];
  const quick = { style: 'oil', size: 64, steps: 1, strength: 1, cache: false, device: 'cpu', stopAfter: 'shots' } as const;
  await rerender({ input, ...quick, ...part, output: join(folder, 'none.mp4'), onEvent: event => events.push(event) });
  const analyse = events.flatMap(event => (event.type === 'progress' && event.stage === 'analyse' ? [event] : []));
  expect(analyse.map(({ done, total }) => [done, total])).toEqual(Array.from({ length: frames }, (_, i) => [i + 1, frames]));
});

test('every stage of a run ends at its total', { timeout: 60_000 }, async () => {
  const last = new Map<string, readonly [number, number]>();
  const onEvent = (event: Event) => event.type === 'progress' && last.set(event.stage, [event.done, event.total]);
  const quick = { style: 'oil', size: 64, steps: 2, strength: 1, interval: 3, cache: false, device: 'cpu' } as const;
  await rerender({ input, ...quick, frames: '2-8', output: join(folder, 'out.mp4'), onEvent });
  expect([...last.keys()].sort()).toEqual(['analyse', 'encode', 'keyframes', 'propagate']);
  for (const [stage, [done, total]] of last) expect({ stage, done }).toEqual({ stage, done: total });
});
