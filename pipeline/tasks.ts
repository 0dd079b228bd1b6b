// A plan as tasks: one a key frame, one an interval, in the order in which the encoder wants their results.
import type { Frame, Picture } from '../media/frame.ts';
import type { Role } from '../stages/keyframes/roles.ts';
import type { Task } from './executor.ts';
import type { FrameReader } from './frame-reader.ts';
import { packPictures, unpackPictures } from './pictures.ts';
import { framesOf, type Interval } from './plan.ts';
import type { Prepared } from './prepare.ts';
import { pick } from './request.ts';
import { artifactKey } from './store.ts';
import { VERSIONS } from './versions.ts';

/** The options that every key frame's look depends on. */
export const DRAWING = [
  'style',
  'negativePrompt',
  'seed',
  'steps',
  'cfgScale',
  'strength',
  'fromNoise',
  'startNoise',
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

/** Those that only key frames behind an anchor depend on. */
const FUSING = [
  'crossPeriod',
  'looseCfattn',
  'warpPeriod',
  'adaPeriod',
  'maskPeriod',
  'maskStrength',
  'innerStrength',
  'maskNoise',
  'smoothBoundary',
  'bankPrecision',
] as const;

/** What tasks call to do their work. */
export type Workers = {
  /** Draws a key frame, when those that it looks at are drawn. */
  draw(frame: number, signal: AbortSignal): Promise<Picture>;
  drawColours(frame: number, signal: AbortSignal): Promise<Picture>;
  /** Makes the frames of an interval from their sources and the drawn key frames at its ends; result as long as `frames`. */
  propagate(frames: readonly Frame[], first: Picture, last: Picture | undefined, signal: AbortSignal): Promise<Picture[]>;
  readonly intervalReader: FrameReader;
};

export const coloursId = (key: string): string => `colours ${key}`;
export const keyframeId = (frame: number): string => `keyframe ${frame}`;
export const intervalId = ({ first, last }: Interval): string => `frames ${first}-${last}`;

/** Of each key frame the key of its artifact, and that of the picture whose colours its source takes on, where it does. */
export type Keys = { readonly keyframes: ReadonlyMap<number, string>; readonly colours: ReadonlyMap<number, string> };

/**
 * A key frame's key names those of the key frames that it looks at, and so all that its look depends on.
 * @param digest what model and ControlNets are known by, and the device's kind, as results differ in the last bits between devices
 */
export const keysOf = ({ options, source, controls, shots, roles }: Prepared, digest: unknown): Keys => {
  const weights = controls.map(({ identity }) => identity);
  const common = { clip: { ...source.identity, size: source.size }, drawing: pick(options, DRAWING), digest, controls: weights };
  const fusing = pick(options, FUSING);
  const keyframes = new Map<number, string>();
  const colours = new Map<number, string>();
  for (const { frame, links } of roles) {
    const linked = links && { fusing, ...Object.fromEntries(Object.entries(links).map(([role, other]) => [role, keyframes.get(other)])) };
    if (!options.colorPreserve) {
      const { first } = shots.find(shot => frame >= shot.first && frame <= shot.last)!;
      colours.set(frame, artifactKey('colours', VERSIONS.keyframes, { ...common, frame: first }));
    }
    keyframes.set(frame, artifactKey('keyframes', VERSIONS.keyframes, { ...common, frame, linked, colours: colours.get(frame) }));
  }
  return { keyframes, colours };
};

/** Draws a shot's first frame from noise alone, for its colours. */
const coloursTask = (frame: number, key: string, { options }: Prepared, { drawColours }: Workers): Task => ({
  id: coloursId(key),
  key,
  resource: 'inference',
  needs: [],
  force: options.force === 'keyframes',
  run: async (_, signal) => packPictures([await drawColours(frame, signal)]),
});

const needsOf = ({ links }: Role): string[] => (links ? [...new Set([links.anchor, links.previous, links.states])].map(keyframeId) : []);

/** @param known see {@link keysOf} */
export const makeTasks = (prepared: Prepared, known: Keys, workers: Workers): Task[] => {
  const { options, source, shots, keyframes, roles, intervals } = prepared;
  const clip = { ...source.identity, size: source.size };
  const keys = new Map<number, Task>(
    roles.map(role => [
      role.frame,
      {
        id: keyframeId(role.frame),
        key: known.keyframes.get(role.frame)!,
        resource: 'inference',
        needs: [...needsOf(role), ...[known.colours.get(role.frame) ?? []].flat().map(coloursId)],
        force: options.force === 'keyframes',
        run: async (_, signal) => packPictures([await workers.draw(role.frame, signal)]),
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
  const coloursFor = (frame: number): Task[] => {
    const key = shots.some(shot => shot.first === frame) ? known.colours.get(frame) : undefined;
    return key === undefined ? [] : [coloursTask(frame, key, prepared, workers)];
  };
  // Each interval stands right behind the key frames that it needs.
  return intervals.flatMap((interval, i) => {
    const earlier = intervals[i - 1];
    const shared = earlier !== undefined && keys.has(earlier.last) && earlier.last === interval.first;
    const own = keyframes.filter(k => (shared ? k > interval.first : k >= interval.first) && k <= interval.last);
    return [...own.flatMap(k => [...coloursFor(k), keys.get(k)!]), between(interval)];
  });
};
