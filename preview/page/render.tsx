// From the look to the clip: what it costs, how far it is, the result.
import type { RenderInfo, RenderStage } from '../api.ts';
import { attempt } from './attempt.ts';
import { Failed, server } from './client.ts';
import { change, effective, info, notice, plan, render, showClip, values } from './store.ts';

const duration = (seconds: number): string => {
  if (seconds < 1) return 'a second';
  if (seconds < 90) return `${Math.round(seconds)} s`;
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
};

const memoryText = (bytes: number): string => (bytes < 1e9 ? `${Math.round(bytes / 1e7) * 10} MB` : `${(bytes / 1e9).toFixed(1)} GB`);

const copy = attempt(async () => {
  await navigator.clipboard.writeText(plan.value!.command);
  notice.value = 'The command is copied.';
});

const start = attempt(async () => {
  showClip(false);
  render.value = await server.render(values.value);
});

const save = attempt(async () => {
  const saved = await server.save(values.value, false).catch(error => {
    if (!(error instanceof Failed) || error.status !== 409) throw error;
    return confirm(`${error.message} Replace it?`) ? server.save(values.value, true) : undefined;
  });
  if (saved) notice.value = `Saved as ${saved.file}${saved.named ? '; give it with --config, as it names places' : ''}.`;
});

const NAMES: Readonly<Record<string, string>> = {
  keyframes: 'Key frames',
  propagate: 'Between them',
  windows: 'Windows',
  encode: 'Writing',
  measure: 'Measuring',
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

/** What lies beside the clip now. */
const Finished = ({ output, report }: RenderInfo) => {
  const name = output.split(/[\\/]/).at(-1);
  return (
    <div class="finished">
      <p>
        <strong>{name}</strong> lies beside the clip.
      </p>
      <a class="button quiet" href="media/result?download" download>
        Download it
      </a>
      {report && (
        <a class="button quiet" href="media/report" target="_blank" rel="noreferrer">
          Report
        </a>
      )}
    </div>
  );
};

const Ready = () => {
  const now = plan.value!;
  const { unetCalls, unetCallsCached, seconds, memory } = now.work;
  const kept = unetCalls > 0 ? Math.round((unetCallsCached / unetCalls) * 100) : 0;
  return (
    <div class="ready">
      <p class="cost">
        {now.frames} frames
        {now.only.length > 0 && `, ${now.only.reduce((sum, { first, last }) => sum + last - first + 1, 0)} of them drawn`}
        {now.keyframes.length > 0 ? `, ${now.keyframes.length} key frames` : ''}
        {seconds !== undefined && (
          <>
            , <strong>about {duration(seconds)}</strong>
          </>
        )}
        <small>
          {' · '}
          {memoryText(memory)} of memory
          {kept > 0 && ` · ${kept} % of the drawing is done`}
        </small>
      </p>
      <button type="button" class="quiet" onClick={copy} title={now.command}>
        Copy as command
      </button>
      <button type="button" class="quiet" onClick={save} title="As rerender.config.json, which `rerender` reads in its folder">
        Save settings
      </button>
      <label class="check" title="Also writes an HTML file beside the result: settings, key frames, source and result, measures, the plan">
        <input
          type="checkbox"
          checked={[true, 'true'].includes(effective.value.report as string | boolean)}
          onChange={event => change({ report: event.currentTarget.checked })}
        />
        <span>With a report</span>
      </label>
      <button type="button" class="main" onClick={start}>
        Render {now.frames === info.value!.clip.frames ? 'the clip' : `${now.frames} frames`}
      </button>
    </div>
  );
};

export const Render = () => {
  const now = render.value;
  return (
    <section class="render" aria-label="Render">
      {now?.state === 'done' && <Finished {...now} />}
      {now && now.state !== 'done' ? <Running /> : plan.value && <Ready />}
    </section>
  );
};
