// The clip: small pictures, shots, key frames as buttons, and the frame that is shown as a native range.
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { nextKeyframe } from './keys.ts';
import { frame, goTo, info, plan } from './store.ts';
import { Keys } from './timeline-keys.tsx';
import { Ends, Part, Shades } from './timeline-part.tsx';
import { useScale } from './timeline-scale.ts';

const timeText = (seconds: number): string => {
  const minutes = Math.floor(seconds / 60);
  return `${minutes}:${(seconds % 60).toFixed(2).padStart(5, '0')}`;
};

/** As many as have room in their own shape. */
const Pictures = () => {
  const { thumbnails: all, width, height } = info.value!.clip;
  const place = useRef<HTMLDivElement>(null);
  const room = useSignal(12);
  useEffect(() => {
    const box = place.current!;
    const fit = () => (room.value = Math.max(1, Math.round(box.clientWidth / (box.clientHeight * (width / height)))));
    const resized = new ResizeObserver(fit);
    resized.observe(box);
    return () => resized.disconnect();
  }, []);
  const count = Math.min(all.length, room.value);
  const thumbnails = Array.from({ length: count }, (_, i) => all[Math.floor(((i + 0.5) * all.length) / count)]!);
  return (
    <div ref={place} class="pictures" aria-hidden="true">
      {thumbnails.map(number => (
        <img key={number} src={`thumbnails/${number}.webp`} alt="" loading="lazy" draggable={false} />
      ))}
    </div>
  );
};

const Shots = () => {
  const at = useScale();
  const shots = plan.value?.shots ?? [];
  return (
    <div class="shots" aria-hidden="true">
      {shots.slice(1).map(({ first }) => (
        <span key={first} style={{ left: `${at(first - 0.5)}%` }} title="cut" />
      ))}
    </div>
  );
};

export const Timeline = () => {
  const { from, frames, times } = info.value!.clip;
  const at = useScale();
  const number = frame.value;
  const time = timeText((times[number - from] ?? 0) - (times[0] ?? 0));
  return (
    <section class="timeline" aria-label="Timeline">
      <div class="track">
        <Pictures />
        <Shades />
        <Shots />
        <span class="head" style={{ left: `${at(number)}%` }} />
        <input
          type="range"
          min={from}
          max={from + frames - 1}
          value={number}
          aria-label="Frame"
          aria-valuetext={`frame ${number}, ${time}`}
          onInput={event => goTo(Number(event.currentTarget.value))}
        />
      </div>
      <Ends />
      <Keys />
      <div class="under">
        <span class="place">
          <button
            type="button"
            class="quiet icon"
            aria-label="Key frame before"
            title="Key frame before: ["
            aria-keyshortcuts="["
            onClick={() => nextKeyframe(-1)}
          >
            ‹
          </button>
          Frame {number} <small>{time}</small>
          <button
            type="button"
            class="quiet icon"
            aria-label="Next key frame"
            title="Next key frame: ]"
            aria-keyshortcuts="]"
            onClick={() => nextKeyframe(1)}
          >
            ›
          </button>
        </span>
        <Part />
      </div>
    </section>
  );
};
