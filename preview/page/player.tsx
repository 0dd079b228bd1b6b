// The render as it plays: source and result in step under the wipe. While it runs, its finished frames.
import { effect } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { RenderInfo } from '../api.ts';
import { frame, held, info, playing, render, view, wipe } from './store.ts';

/** Seconds that the source may be away from the result until it is set right. */
const APART = 0.06;

const timesOf = (now: RenderInfo): readonly number[] => {
  const { times, from } = info.value!.clip;
  return times.slice(now.from - from, now.from - from + now.frames);
};

/** The frame that is shown at a time of the result, which begins at 0. */
const frameAt = (now: RenderInfo, time: number): number => {
  const times = timesOf(now);
  const begin = times[0] ?? 0;
  const next = times.findIndex(one => one - begin > time + 1e-3);
  return now.from + (next < 0 ? times.length : Math.max(1, next)) - 1;
};

const timeOf = (now: RenderInfo, number: number): number => {
  const times = timesOf(now);
  const at = Math.max(0, Math.min(times.length - 1, number - now.from));
  return times[at]! - times[0]!;
};

/** Both play; the result leads, the source follows. */
const follow = (now: RenderInfo, result: HTMLVideoElement, source: HTMLVideoElement): (() => void) => {
  let handle = 0;
  const seen: VideoFrameRequestCallback = (_, { mediaTime }) => {
    if (Math.abs(source.currentTime - mediaTime) > APART) source.currentTime = mediaTime;
    if (!result.paused) frame.value = frameAt(now, mediaTime);
    handle = result.requestVideoFrameCallback(seen);
  };
  handle = result.requestVideoFrameCallback(seen);
  const turn = effect(() => {
    if (playing.value) {
      void result.play().catch(() => (playing.value = false));
      void source.play().catch(() => undefined);
    } else {
      result.pause();
      source.pause();
    }
  });
  const seek = effect(() => {
    const number = frame.value;
    if (playing.value) return; // read: who stops stands at the frame that was seen last, though a loop may have begun anew
    const time = timeOf(now, number) + 1e-3;
    result.currentTime = time;
    source.currentTime = time;
  });
  return () => {
    result.cancelVideoFrameCallback(handle);
    turn();
    seek();
  };
};

const cutOf = (): number => {
  if (held.value === 'source') return 100;
  return view.value === 'wipe' ? wipe.value : view.value === 'source' ? 100 : 0;
};

const clip = (): string => (view.value === 'side' ? 'none' : `inset(0 0 0 ${cutOf()}%)`);

const Videos = ({ now }: { readonly now: RenderInfo }) => {
  const source = useRef<HTMLVideoElement>(null);
  const result = useRef<HTMLVideoElement>(null);
  useEffect(() => follow(now, result.current!, source.current!), [now.id]);
  return (
    <>
      <video ref={source} class="layer source" src={`media/source?${now.id}`} muted playsInline loop preload="auto" aria-label="Source" />
      {/* biome-ignore lint/a11y/useMediaCaption: what the user's own clip says is not known; its subtitles are in the file */}
      <video
        ref={result}
        class="layer drawing"
        src={`media/result?${now.id}`}
        playsInline
        loop
        preload="auto"
        aria-label="Result"
        style={{ clipPath: clip() }}
      />
    </>
  );
};

const sourceOf = (number: number): string => `frames/${number}.webp?ahead`;
const renderedOf = ({ id }: RenderInfo, number: number): string => `rendered/${number}.webp?${id}`;

/** Resolves when a picture can be shown without a gap; a frame that cannot be had is left out. */
const loaded = (src: string): Promise<void> => {
  const image = new Image();
  image.src = src;
  return image.decode().catch(() => undefined);
};

/** Shows finished frames one after the other, over and over, as more come: no faster than they are loaded. */
const cycle = (now: RenderInfo): (() => void) => {
  let stopped = false;
  const times = timesOf(now);
  const each = times.length > 1 ? ((times.at(-1)! - times[0]!) / (times.length - 1)) * 1000 : 40;
  const turn = async (): Promise<void> => {
    while (!stopped) {
      const present = render.peek();
      const wait = new Promise(resolve => setTimeout(resolve, each));
      if (playing.peek() && present && present.state !== 'done' && present.ready > 0) {
        const next = frame.peek() + 1;
        const number = next >= present.from && next < present.from + present.ready ? next : present.from;
        await Promise.all([loaded(sourceOf(number)), loaded(renderedOf(present, number))]);
        if (!stopped && playing.peek()) frame.value = number;
      }
      await wait;
    }
  };
  void turn();
  return () => {
    stopped = true;
  };
};

const Images = ({ now }: { readonly now: RenderInfo }) => {
  useEffect(() => cycle(now), [now.id]);
  const number = Math.max(now.from, Math.min(now.from + now.ready - 1, frame.value));
  return (
    <>
      <img class="layer source" src={sourceOf(number)} alt="" draggable={false} />
      <img
        class="layer drawing"
        src={renderedOf(now, number)}
        alt={`Frame ${number} as it is rendered`}
        draggable={false}
        style={{ clipPath: clip() }}
      />
    </>
  );
};

export const Player = ({ now }: { readonly now: RenderInfo }) =>
  now.state === 'done' && now.playable ? <Videos now={now} /> : <Images now={now} />;
