// The chosen frame: source and drawing in two layers, and how they are compared.
import type { View } from './address.ts';
import { HoldButton } from './hold-button.tsx';
import { drawn, frame, freeuEffect, held, look, pictureAddress, plan, progress, view, wipe } from './store.ts';

const LABELS: Readonly<Record<View, string>> = { wipe: 'Wipe', side: 'Side by side', result: 'Result', source: 'Source' };

/** What stands for the drawing: the picture held down, the last step of a drawing, the finished picture. */
const shownPicture = (): string | undefined => {
  if (held.value === 'freeu' && freeuEffect.value) return pictureAddress(freeuEffect.value.off);
  if (look.value) return look.value;
  return drawn.value && pictureAddress(drawn.value.picture);
};

const statusText = (): string => {
  const at = progress.value;
  if (!at) return drawn.value ? `Drawn in ${drawn.value.seconds.toFixed(1)} s` : '';
  if (at.steps === 0) return 'Drawing …';
  const first = at.frame === frame.value ? '' : `Key frame ${at.frame} first: `;
  return `${first}step ${at.step} of ${at.steps}`;
};

const Status = () => {
  const at = progress.value;
  const part = at && at.steps > 0 ? at.step / at.steps : 0;
  return (
    <div class={`status ${at ? 'busy' : ''}`}>
      <span class="bar" style={{ transform: `scaleX(${at ? Math.max(0.03, part) : 1})` }} />
      <span class="words">{statusText()}</span>
    </div>
  );
};

const Layers = () => {
  const shown = shownPicture();
  const mode = held.value === 'source' ? 'source' : view.value;
  const cut = mode === 'wipe' ? wipe.value : mode === 'source' ? 100 : 0;
  const size = plan.value;
  const source = `frames/${frame.value}.webp`;
  const ratio = size ? `${size.width} / ${size.height}` : '16 / 9';
  return (
    <div class={`layers ${mode === 'side' ? 'side' : ''}`} style={{ '--ratio': ratio }}>
      <img class="layer source" src={source} alt={`Frame ${frame.value} of the source`} draggable={false} />
      {shown && (
        <img
          class={`layer drawing ${look.value && held.value !== 'freeu' ? 'unfinished' : ''}`}
          src={shown}
          alt={`Frame ${frame.value} as it is drawn`}
          draggable={false}
          style={{ clipPath: mode === 'side' ? 'none' : `inset(0 0 0 ${cut}%)` }}
        />
      )}
      {mode === 'wipe' && (
        <>
          <span class="edge" style={{ left: `${cut}%` }} />
          <input
            class="wipe"
            type="range"
            min="0"
            max="100"
            value={wipe.value}
            aria-label="Wipe: how much of the frame shows the source"
            aria-valuetext={`${wipe.value} per cent source, ${100 - wipe.value} per cent result`}
            onInput={event => (wipe.value = Number(event.currentTarget.value))}
          />
        </>
      )}
      <span class="tag left" hidden={cut === 0 && mode !== 'side'}>
        Source
      </span>
      <span class="tag right" hidden={cut === 100}>
        {held.value === 'freeu' ? 'Without FreeU' : look.value ? 'Drawing …' : 'Result'}
      </span>
    </div>
  );
};

export const Stage = () => (
  <div class="stage">
    <Layers />
    <div class="under">
      <fieldset class="segments">
        <legend class="visually-hidden">Compare</legend>
        {(Object.keys(LABELS) as View[]).map(name => (
          <label key={name}>
            <input type="radio" name="view" checked={view.value === name} onChange={() => (view.value = name)} />
            <span>{LABELS[name]}</span>
          </label>
        ))}
      </fieldset>
      <HoldButton shortcut="S" onHold={down => (held.value = down ? 'source' : undefined)}>
        Hold for source
      </HoldButton>
      <Status />
    </div>
  </div>
);
