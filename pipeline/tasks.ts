// A plan as tasks: one a key frame, one an interval, in the order in which the encoder wants their results.
import type { Frame, Picture } from '../media/frame.ts';
import type { Task } from './executor.ts';
import type { FrameReader } from './frame-reader.ts';
import { packPictures, unpackPictures } from './pictures.ts';
import { framesOf, type Interval } from './plan.ts';
import type { Prepared } from './prepare.ts';
import { pick } from './request.ts';
import { artifactKey } from './store.ts';
import { VERSIONS } from './versions.ts';

/** The options that a key frame's look depends on. */
export const DRAWING = [
  'style',
  'negativePrompt',
  'seed',
  'steps',
  'cfgScale',
  'strength',
  'sampler',
  'cannyLow',
  'cannyHigh',
  'freeu',
  'freeuVersion',
  'freeuStages',
  'freeuOrder',
  'freeuStart',
  'freeuEnd',
] as const;

/** What tasks call to do their work. */
export type Workers = {
  /** Draws a key frame of a shot. */
  draw(frame: Frame, signal: AbortSignal): Promise<Picture>;
  /** Makes the frames of an interval from their sources and the drawn key frames at its ends; result as long as `frames`. */
  propagate(frames: readonly Frame[], first: Picture, last: Picture | undefined, signal: AbortSignal): Promise<Picture[]>;
  readonly keyReader: FrameReader;
  readonly intervalReader: FrameReader;
};

export const keyframeId = (frame: number): string => `keyframe ${frame}`;
export const intervalId = ({ first, last }: Interval): string => `frames ${first}-${last}`;

/** @param digest what model and ControlNets are known by, and the device's kind, as results differ in the last bits between devices */
export const makeTasks = (prepared: Prepared, digest: unknown, workers: Workers): Task[] => {
  const { options, source, shots, keyframes, intervals, controls } = prepared;
  const clip = { ...source.identity, size: source.size };
  const drawing = pick(options, DRAWING);
  const keys = new Map<number, Task>(
    keyframes.map(frame => [
      frame,
      {
        id: keyframeId(frame),
        key: artifactKey('keyframes', VERSIONS.keyframes, {
          clip,
          drawing,
          digest,
          controls: controls.map(({ type, scale }) => ({ type, scale })),
          frame,
        }),
        resource: 'inference',
        needs: [],
        force: options.force === 'keyframes',
        run: async (_, signal) => {
          const [source] = await workers.keyReader.range(frame, frame);
          return packPictures([await workers.draw(source!, signal)]);
        },
      },
    ]),
  );
  const between = (interval: Interval): Task => {
    const ends = [interval.first, ...(keys.has(interval.last) && interval.last !== interval.first ? [interval.last] : [])];
    const [first, last] = framesOf(interval, shots);
    return {
      id: intervalId(interval),
      key: artifactKey('propagate', VERSIONS.propagate, {
        clip,
        ...pick(options, ['propagate', 'poisson']),
        first,
        last,
        keys: ends.map(k => keys.get(k)!.key),
      }),
      resource: 'cpu',
      needs: ends.map(keyframeId),
      force: options.force !== undefined && options.force !== 'shots',
      run: async (inputs, signal) => {
        const [a, b] = (await Promise.all(inputs.map(unpackPictures))).map(pictures => pictures[0]!);
        const frames = await workers.intervalReader.range(interval.first, interval.last);
        const made = await workers.propagate(frames, a!, b, signal);
        return packPictures(made.slice(0, last - first + 1));
      },
    };
  };
  // Each interval stands right behind the key frames that it needs.
  return intervals.flatMap((interval, i) => {
    const earlier = intervals[i - 1];
    const shared = earlier !== undefined && keys.has(earlier.last) && earlier.last === interval.first;
    const own = keyframes.filter(k => (shared ? k > interval.first : k >= interval.first) && k <= interval.last);
    return [...own.map(k => keys.get(k)!), between(interval)];
  });
};
