// The page as a whole.
import { Controls } from './controls.tsx';
import { FreeU } from './freeu.tsx';
import { Keyframes } from './keyframes.tsx';
import { useKeys } from './keys.ts';
import { Measures } from './measures.tsx';
import { Render } from './render.tsx';
import { Stage } from './stage.tsx';
import { connected, fatal, info, notice, trouble } from './store.ts';
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

const Away = () =>
  connected.value || !info.value ? null : (
    <p class="away" role="alert">
      The program does not answer. If it was stopped, start <code>rerender preview</code> again: what is finished is kept.
    </p>
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

export const App = () => {
  useKeys();
  return (
    <>
      <Header />
      <Away />
      {info.value === undefined ? (
        <Opening />
      ) : (
        <main class="desk">
          <section class="view" aria-label="Frame">
            <Stage />
            <Timeline />
            <Keyframes />
            <Measures />
          </section>
          <aside class="panel" aria-label="Settings">
            <Style />
            <FreeU />
            <Controls />
          </aside>
          <Render />
        </main>
      )}
      <p class="trouble floating" role="alert">
        {info.value ? trouble.value : ''}
      </p>
      <p class="notice" role="status">
        {notice.value}
      </p>
    </>
  );
};
