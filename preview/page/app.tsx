// The page as a whole.
import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { attempt } from './attempt.ts';
import { Controls } from './controls.tsx';
import { FreeU } from './freeu.tsx';
import { Keyframes } from './keyframes.tsx';
import { useKeys } from './keys.ts';
import { Measures } from './measures.tsx';
import { Render } from './render.tsx';
import { Stage } from './stage.tsx';
import { connected, fatal, info, notice, plan, trouble } from './store.ts';
import { Style } from './style-fields.tsx';
import { Timeline } from './timeline.tsx';

const Header = () => {
  const state = info.value;
  return (
    <header class="top">
      <img src="icon.svg" alt="" width="28" height="28" />
      <h1>{state?.clip.name ?? 'rerender preview'}</h1>
      {state && (
        <p class="facts">
          {state.clip.width} × {state.clip.height}, {state.clip.frames} frames
          <span class="model">
            {state.model.name} on {state.model.device}
          </span>
        </p>
      )}
    </header>
  );
};

/** The command that opens this page with what is set on it. */
const copyPreview = attempt(async () => {
  await navigator.clipboard.writeText(plan.value!.command.replace(/^rerender /, 'rerender preview '));
  notice.value = 'The command is copied.';
});

const Away = () =>
  connected.value || !info.value ? null : (
    <div class="away" role="alert">
      <p>
        The program does not answer. If it was stopped, start <code>rerender preview</code> again: what is finished is kept.
      </p>
      <button type="button" title="With all that is set on this page" onClick={copyPreview}>
        Copy the command
      </button>
    </div>
  );

const Opening = () => (
  <main class="opening">
    {fatal.value === undefined ? (
      <p>
        <span class="spinner" aria-hidden="true" /> Opening the clip and the model …
      </p>
    ) : (
      <p role="alert" class="trouble">
        {fatal.value}
      </p>
    )}
  </main>
);

const PIECES = 4;

/** Pieces of the page that are made. One after the other, so that no piece keeps a key or a pointer waiting. */
const made = signal(0);

const makeOn = (): void => {
  if (made.value < PIECES) made.value++;
  if (made.value < PIECES) setTimeout(makeOn);
};

const Desk = () => {
  useEffect(makeOn, []);
  const pieces = made.value;
  return (
    <main class="desk">
      <section class="view" aria-label="Frame">
        <Stage />
        {pieces > 0 && <Timeline />}
        {pieces > 1 && <Keyframes />}
        <Measures />
      </section>
      <aside class="panel" aria-label="Settings">
        {pieces > 1 && <Style />}
        {pieces > 2 && <FreeU />}
        {pieces > 3 && <Controls />}
      </aside>
      {pieces > 0 && <Render />}
    </main>
  );
};

export const App = () => {
  useKeys();
  return (
    <>
      <Header />
      <Away />
      {info.value === undefined ? <Opening /> : <Desk />}
      <p class="trouble floating" role="alert">
        {info.value ? trouble.value : ''}
      </p>
      <p class="notice" role="status">
        {notice.value}
      </p>
    </>
  );
};
