// Draws the key frames of a run in their roles: reads their sources, hands over what earlier ones left, and keeps what later ones need.
import type { Frame, Picture } from '../media/frame.ts';
import type { Links } from '../stages/keyframes/draw.ts';
import type { Role } from '../stages/keyframes/roles.ts';
import { memorySteps, type StepPlan } from '../stages/keyframes/work.ts';
import type { FrameReader } from './frame-reader.ts';
import type { Painter } from './painter.ts';
import { packPictures, unpackPictures } from './pictures.ts';
import { type Kept, type States, StatesError } from './states.ts';
import type { ArtifactStore } from './store.ts';

export type Drawer = {
  /** Draws the first frame of a shot from noise alone, for its colours. */
  drawColours(frame: number, signal: AbortSignal): Promise<Picture>;
  /** Draws a key frame. All those that it looks at have been drawn, in this run or an earlier one. */
  draw(frame: number, signal: AbortSignal): Promise<Picture>;
  /** Told when a key frame is finished: drops what no later one reads. */
  finished(frame: number): Promise<void>;
};

export type DrawerOptions = {
  readonly roles: readonly Role[];
  /** The key of each key frame's artifact. */
  readonly keys: ReadonlyMap<number, string>;
  /** For each key frame the key of the picture whose colours its source takes on; empty where sources keep their own. */
  readonly colours: ReadonlyMap<number, string>;
  readonly painter: Pick<Painter, 'draw' | 'plan'>;
  readonly states: States;
  readonly store: ArtifactStore;
  readonly reader: FrameReader;
  /** Called after each denoising step. */
  readonly onStep?: () => void;
};

/** How many decoded key frames are kept at hand: anchor, previous and present. */
const AT_HAND = 3;

/** How often in a row damaged states are drawn again before that counts as a fault of the disk. */
const ATTEMPTS = 8;

/** Reads key frames' sources, the latest few from memory. */
const sourceReader = (reader: FrameReader) => {
  const recent = new Map<number, Frame>();
  return async (frame: number): Promise<Frame> => {
    const found = recent.get(frame) ?? (await reader.range(frame, frame))[0]!;
    recent.delete(frame);
    recent.set(frame, found); // now the youngest
    for (const oldest of recent.keys()) if (recent.size > AT_HAND) recent.delete(oldest);
    return found;
  };
};

const readFrom = (links: NonNullable<Role['links']>): number[] => [...new Set([links.anchor, links.states])];

/** The last key frame that reads the memory of each. */
const lastReaders = (roles: readonly Role[]): Map<number, number> =>
  new Map(roles.flatMap(({ frame, links }) => (links ? readFrom(links).map(read => [read, frame] as const) : [])));

export const openDrawer = ({ roles, keys, colours, painter, states, store, reader, onStep }: DrawerOptions): Drawer => {
  const roleOf = new Map(roles.map(role => [role.frame, role]));
  const lastReader = lastReaders(roles);
  const written = new Set<number>(); // key frames that have left something in this run
  const sourceOf = sourceReader(reader);
  const plan: StepPlan = painter.plan;

  const kept = (frame: number): Kept => ({ key: keys.get(frame)!, as: roleOf.get(frame)!.readAs ?? 'previous' });
  const stepsOf = (frame: number): number[] => memorySteps(plan, kept(frame).as);
  /** A drawn picture; one that has disappeared or was damaged since is drawn again. */
  const pictureOf = async (key: string, again: () => Promise<Picture>): Promise<Picture> => {
    const bytes = await store.get(key);
    if (bytes) return (await unpackPictures(bytes))[0]!;
    const picture = await again();
    await store.put(key, await packPictures([picture]));
    return picture;
  };

  /** What a key frame leaves may be gone, when an earlier run had come past it: then it is drawn once more. */
  const ensureMemory = async (frame: number, signal: AbortSignal): Promise<void> => {
    if (!(await states.has(kept(frame), stepsOf(frame)))) await draw(frame, signal);
  };

  const linksOf = async ({ anchor, previous, states: read }: NonNullable<Role['links']>, signal: AbortSignal): Promise<Links> => {
    for (const frame of readFrom({ anchor, previous, states: read })) await ensureMemory(frame, signal);
    const drawn = async (frame: number) => ({
      source: await sourceOf(frame),
      result: await pictureOf(keys.get(frame)!, () => draw(frame, signal)),
    });
    const first = await drawn(anchor);
    return {
      anchor: first,
      previous: previous === anchor ? first : await drawn(previous),
      anchorMemory: states.memory(kept(anchor)),
      statesMemory: states.memory(kept(read)),
    };
  };

  /** Draws a key frame. States that turn out to be damaged while it reads them are drawn again first, with the same result. */
  const draw = async (frame: number, signal: AbortSignal, attempts = ATTEMPTS): Promise<Picture> => {
    try {
      return await drawOnce(frame, signal);
    } catch (error) {
      const damaged = error instanceof StatesError && roles.find(role => keys.get(role.frame) === error.key);
      if (!damaged || attempts === 0) throw error;
      await draw(damaged.frame, signal, attempts - 1);
      return draw(frame, signal, attempts - 1);
    }
  };

  const drawColours = async (frame: number, signal: AbortSignal): Promise<Picture> =>
    painter.draw({ frame: await sourceOf(frame), fromNoise: true }, signal, onStep);

  /** The first frame of the shot whose colours have this key. */
  const firstWith = (key: string): number => [...colours].find(([, other]) => other === key)![0];

  const drawOnce = async (frame: number, signal: AbortSignal): Promise<Picture> => {
    const { links, readAs } = roleOf.get(frame)!;
    const own = kept(frame);
    if (readAs) written.add(frame);
    const job = {
      links: links && (await linksOf(links, signal)),
      remember: readAs && {
        as: readAs,
        step: (step: number, memory: Parameters<States['remember']>[2]) => states.remember(own, step, memory),
      },
    };
    const target = colours.get(frame);
    const picture = target === undefined ? undefined : await pictureOf(target, () => drawColours(firstWith(target), signal));
    return painter.draw({ frame: await sourceOf(frame), ...job, colours: picture }, signal, onStep);
  };

  return {
    draw: (frame, signal) => draw(frame, signal),
    drawColours,
    finished: async frame => {
      // A key frame drawn once more may have left what its last reader has read long ago.
      const gone = [...lastReader].filter(([read, last]) => last === frame || (last < frame && written.has(read))).map(([read]) => read);
      for (const read of gone) {
        written.delete(read);
        await states.forget(kept(read), stepsOf(read));
      }
    },
  };
};
