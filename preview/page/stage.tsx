// The chosen frame: source and drawing in two layers, and how they are compared; or the render as it plays.
import type { View } from './address.ts';
import { attempt } from './attempt.ts';
import { dropTarget } from './drop.tsx';
import { putPicture } from './edit.ts';
import { HoldButton } from './hold-button.tsx';
import { overlayPicture, overlayTrouble } from './overlay-picture.ts';
import { OVERLAY_NAMES, Overlays } from './overlays.tsx';
import { fateOf } from './parts.ts';
import { Player } from './player.tsx';
import {
  against,
  drawn,
  forget,
  frame,
  freeuEffect,
  held,
  keep,
  kept,
  keyPictures,
  look,
  mode,
  overlay,
  pictureAddress,
  plan,
  playing,
  progress,
  render,
  showClip,
  swap,
  view,
  wipe,
} from './store.ts';

const LABELS: Readonly<Record<View, string>> = { wipe: 'Wipe', side: 'Side by side', result: 'Result', source: 'Source' };

type Shown = { readonly src: string /** A step on the way, or the frame that was shown before. */; readonly unfinished?: boolean };

/** What stands for the drawing: the picture held down, the last step of a drawing, the finished picture. */
const shownPicture = (): Shown | undefined => {
  if (fateOf(frame.value) === 'outside') return undefined;
  if (held.value === 'freeu' && freeuEffect.value) return { src: pictureAddress(freeuEffect.value.off) };
  if (overlayPicture.value) return { src: pictureAddress(overlayPicture.value) };
  if (look.value) return { src: look.value, unfinished: true };
  if (drawn.value?.frame === frame.value) return { src: pictureAddress(drawn.value.picture) };
  const key = keyPictures.value.get(frame.value);
  if (key && !key.stale) return { src: pictureAddress(key) };
  return drawn.value && { src: pictureAddress(drawn.value.picture), unfinished: true };
};

const underneath = () =>
  against.value === 'a' && kept.value
    ? { src: pictureAddress(kept.value), name: 'A' }
    : { src: `frames/${frame.value}.webp`, name: 'Source' };

const statusText = (): string => {
  if (mode.value === 'clip') return '';
  const at = progress.value;
  if (fateOf(frame.value) === 'outside') return 'Left out of the result';
  if (fateOf(frame.value) === 'stays' && !at) return 'Stays as it is';
  if (!at) return drawn.value ? (drawn.value.seconds < 0.4 ? 'Already drawn' : `Drawn in ${drawn.value.seconds.toFixed(1)} s`) : '';
  if (at.steps === 0) return 'Drawing …';
  const first = at.frame === frame.value ? '' : `Key frame ${at.frame} first: `;
  return `${first}step ${at.step} of ${at.steps}`;
};

const Status = () => {
  const at = mode.value === 'frame' ? progress.value : undefined;
  const part = at && at.steps > 0 ? at.step / at.steps : 0;
  return (
    <div class={`status ${at ? 'busy' : ''}`}>
      <span class="words">{statusText()}</span>
      <span class="bar" style={{ transform: `scaleX(${at ? Math.max(0.03, part) : 1})` }} />
    </div>
  );
};

const Wipe = ({ name }: { readonly name: string }) => (
  <>
    <span class="edge" style={{ left: `${wipe.value}%` }} />
    <input
      class="wipe"
      type="range"
      min="0"
      max="100"
      value={wipe.value}
      aria-label={`Wipe: how much of the frame shows ${name === 'A' ? 'A' : 'the source'}`}
      aria-valuetext={`${wipe.value} per cent ${name}, ${100 - wipe.value} per cent result`}
      onInput={event => (wipe.value = Number(event.currentTarget.value))}
    />
  </>
);

const rightName = (): string => {
  if (mode.value === 'clip') return 'Result';
  if (held.value === 'freeu') return 'Without FreeU';
  if (overlay.value === 'difference') return 'Difference';
  if (overlay.value !== 'none' && !overlayTrouble.value) return OVERLAY_NAMES[overlay.value] + (overlayPicture.value ? '' : ' …');
  if (shownPicture()?.unfinished) return 'Drawing …';
  return against.value === 'a' && kept.value ? 'B' : 'Result';
};

const Frame = ({ cut, side }: { readonly cut: number; readonly side: boolean }) => {
  const shown = shownPicture();
  const under = underneath();
  return (
    <>
      <img class="layer source" src={under.src} alt={`Frame ${frame.value}: ${under.name}`} draggable={false} />
      {shown && (
        <img
          class={`layer drawing ${shown.unfinished ? 'unfinished' : ''} ${overlay.value === 'difference' ? 'difference' : ''}`}
          src={shown.src}
          alt={`Frame ${frame.value} as it is drawn`}
          draggable={false}
          style={{ clipPath: side ? 'none' : `inset(0 0 0 ${cut}%)` }}
        />
      )}
      {overlay.value === 'difference' && !side && <span class="louder" style={{ clipPath: `inset(0 0 0 ${cut}%)` }} />}
    </>
  );
};

const Layers = () => {
  const way = held.value === 'source' ? 'source' : view.value;
  const cut = way === 'wipe' ? wipe.value : way === 'source' ? 100 : 0;
  const size = plan.value;
  const under = mode.value === 'clip' ? 'Source' : underneath().name;
  return (
    <div
      class={`layers ${way === 'side' ? 'side' : ''}`}
      {...dropTarget(([file]) => file && attempt(() => putPicture(frame.value, file))())}
      style={{ '--ratio': size ? `${size.width / size.height}` : '1.7778' }}
    >
      {mode.value === 'clip' && render.value ? <Player now={render.value} /> : <Frame cut={cut} side={way === 'side'} />}
      {way === 'wipe' && <Wipe name={under} />}
      <span class="tag left" hidden={cut === 0 && way !== 'side'}>
        {under}
      </span>
      <span class="tag right" hidden={cut === 100}>
        {rightName()}
      </span>
      <Status />
    </div>
  );
};

const Views = () => (
  <fieldset class="segments">
    <legend class="visually-hidden">Compare</legend>
    {(Object.keys(LABELS) as View[]).map(name => (
      <label key={name}>
        <input type="radio" name="view" checked={view.value === name} onChange={() => (view.value = name)} />
        <span>{LABELS[name]}</span>
      </label>
    ))}
  </fieldset>
);

/** A frame alone, or the render as it plays. */
const ClipSwitch = () => {
  const now = render.value;
  if (!now || now.ready < 2) return null;
  const clip = mode.value === 'clip';
  return (
    <>
      <button type="button" class={clip ? 'quiet' : ''} aria-pressed={clip} onClick={() => showClip(!clip)}>
        {now.state === 'done' ? 'Watch the result' : 'Watch what is finished'}
      </button>
      {clip && (
        <button type="button" class="quiet" onClick={() => (playing.value = !playing.value)}>
          {playing.value ? 'Stop' : 'Play'}
        </button>
      )}
    </>
  );
};

const Pair = () => {
  if (mode.value === 'clip' || !drawn.value) return null;
  if (!kept.value)
    return (
      <button type="button" class="quiet" title="Keeps these settings, to compare others with them" onClick={keep}>
        Keep as A
      </button>
    );
  return (
    <span class="pair">
      <button
        type="button"
        class="quiet"
        aria-pressed={against.value === 'a'}
        onClick={() => (against.value = against.value === 'a' ? 'source' : 'a')}
      >
        Against A
      </button>
      <button type="button" class="quiet" onClick={swap} title="Takes the settings of A, and keeps these as A">
        Swap
      </button>
      <button type="button" class="quiet" onClick={forget}>
        Forget A
      </button>
    </span>
  );
};

export const Stage = () => (
  <div class="stage">
    <Layers />
    <div class="under">
      <Views />
      <HoldButton shortcut="S" onHold={down => (held.value = down ? 'source' : undefined)}>
        Hold for source
      </HoldButton>
      <ClipSwitch />
      {mode.value === 'frame' && <Overlays />}
      <Pair />
    </div>
  </div>
);
