// A plan of windows as tasks: each is drawn (latents), then the frames that it answers for are decoded (pictures).
import type { Frame, Picture } from '../../media/frame.ts';
import type { Tensor } from '../../models/tensor.ts';
import type { Before } from '../../stages/windows/draw.ts';
import type { Window } from '../../stages/windows/windows.ts';
import type { Task } from '../executor.ts';
import type { FrameReader } from '../frame-reader.ts';
import { packPictures } from '../pictures.ts';
import { pick } from '../request.ts';
import { artifactKey } from '../store.ts';
import { DRAWING } from '../tasks.ts';
import { packTensor, unpackTensor } from '../tensors.ts';
import { VERSIONS } from '../versions.ts';
import type { PreparedWindows } from './prepare.ts';

/** What tasks call to do their work. */
export type Workers = {
  /** @param key of the artifact that is drawn */
  draw(frames: readonly Frame[], before: Before | undefined, key: string, signal: AbortSignal): Promise<Tensor>;
  decode(latents: Tensor, range: { readonly first: number; readonly last: number }, signal: AbortSignal): Promise<Picture[]>;
  readonly reader: FrameReader;
};

export const windowId = ({ first, last }: Window): string => `window ${first}-${last}`;
export const framesId = ({ from, to }: Window): string => `frames ${from}-${to}`;

/** @param digest what the model is known by, and the device's kind, as results differ in the last bits between devices */
export const makeWindowTasks = (prepared: PreparedWindows, digest: unknown, { draw, decode, reader }: Workers): Task[] => {
  const { options, source, windows } = prepared;
  const clip = { ...source.identity, size: source.size };
  const force = options.force !== undefined && options.force !== 'shots';
  const tasks: Task[] = [];
  let drawn: Task | undefined; // the window before
  for (const [i, window] of windows.entries()) {
    const { first, last, shared, from, to } = window;
    const earlier = shared > 0 ? drawn : undefined;
    const overlap = options.windowOverlap;
    const key = artifactKey('windows', VERSIONS.windows, {
      clip,
      drawing: pick(options, DRAWING),
      digest,
      first,
      last,
      ...(earlier && { earlier: earlier.key, shared, overlap }),
    });
    const drawing: Task = {
      id: windowId(window),
      key,
      resource: 'inference',
      needs: earlier ? [earlier.id] : [],
      force,
      run: async ([before], signal) => {
        const frames = await reader.range(first, last);
        return packTensor(await draw(frames, before && { latents: unpackTensor(before), shared, overlap }, key, signal));
      },
    };
    const decoding: Task = {
      id: framesId(window),
      key: artifactKey('frames', VERSIONS.windows, { window: key, from, to }),
      resource: 'inference',
      needs: [drawing.id],
      force,
      run: async ([latents], signal) =>
        packPictures(await decode(unpackTensor(latents!), { first: from - first, last: to - first }, signal)),
    };
    tasks.push(drawing, decoding);
    drawn = windows[i + 1]?.shared ? drawing : undefined;
  }
  return tasks;
};
