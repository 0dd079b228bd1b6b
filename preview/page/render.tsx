// From the look to the clip: what it costs, how far it is, the result.
import type { RenderStage } from '../api.ts';
import { Failed, server } from './client.ts';
import { info, notice, plan, render, trouble, values } from './store.ts';

const duration = (seconds: number): string => {
  if (seconds < 1) return 'a second';
  if (seconds < 90) return `${Math.round(seconds)} s`;
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
};

const attempt = (work: () => Promise<unknown>) => (): void => {
  trouble.value = undefined;
  void work().catch(error => {
    trouble.value = error instanceof Failed ? error.message : 'That did not work: reload the page.';
  });
};

const copy = attempt(async () => {
  await navigator.clipboard.writeText(plan.value!.command);
  notice.value = 'The command is copied.';
});

const NAMES: Readonly<Record<string, string>> = {
  keyframes: 'Key frames',
  propagate: 'Between them',
  windows: 'Windows',
  encode: 'Writing',
};

const Stage = ({ stage: { stage, done, total } }: { readonly stage: RenderStage }) => (
  <li>
    <span>{NAMES[stage] ?? stage}</span>
    <progress max={total} value={done} aria-label={NAMES[stage] ?? stage} />
  </li>
);

const Running = () => {
  const { stages, left, state, message } = render.value!;
  return (
    <div class="running">
      <ol>
        {stages.map(stage => (
          <Stage key={stage.stage} stage={stage} />
        ))}
      </ol>
      <p role={state === 'failed' ? 'alert' : undefined}>
        {state === 'failed' && message}
        {state === 'paused' && 'Paused: what is finished is kept.'}
        {state === 'running' && left !== undefined && `about ${duration(left)} left`}
      </p>
      {state === 'running' ? (
        <button type="button" class="quiet" onClick={attempt(() => server.steer('pause'))}>
          Pause
        </button>
      ) : (
        <button type="button" onClick={attempt(() => server.steer('resume'))}>
          Go on
        </button>
      )}
      <button type="button" class="quiet" onClick={attempt(() => server.steer('cancel'))}>
        Cancel
      </button>
    </div>
  );
};

const Ready = () => {
  const now = plan.value!;
  const { unetCalls, unetCallsCached, seconds } = now.work;
  const kept = unetCalls > 0 ? Math.round((unetCallsCached / unetCalls) * 100) : 0;
  const done = render.value?.state === 'done' ? render.value : undefined;
  return (
    <div class="ready">
      <p class="cost">
        {now.frames} frames{now.keyframes.length > 0 ? `, ${now.keyframes.length} key frames` : ''}
        {seconds !== undefined && <strong> about {duration(seconds)}</strong>}
        {kept > 0 && <small> {kept} % of the drawing is done</small>}
      </p>
      <button type="button" class="quiet" onClick={copy} title={now.command}>
        Copy as command
      </button>
      {done && (
        <a class="button quiet" href="media/result?download" download>
          Download {done.output.split(/[\\/]/).at(-1)}
        </a>
      )}
      <button type="button" class="main" onClick={attempt(async () => (render.value = await server.render(values.value)))}>
        Render {now.frames === info.value!.clip.frames ? 'the clip' : `${now.frames} frames`}
      </button>
    </div>
  );
};

export const Render = () => {
  const now = render.value;
  return (
    <section class="render" aria-label="Render">
      {now && now.state !== 'done' ? <Running /> : plan.value && <Ready />}
    </section>
  );
};
