// The finished render in numbers, when somebody asks.
import { signal } from '@preact/signals';
import type { MeasuresInfo } from '../api.ts';
import { attempt } from './attempt.ts';
import { server } from './client.ts';
import { measuring, render } from './store.ts';

/** What plots is loaded when it is needed: it is as large as the rest of the page. */
type Measured = { readonly id: string; readonly measures: MeasuresInfo; readonly Plots: typeof import('./plots.tsx').Plots };

const measured = signal<Measured | undefined>(undefined);
const busy = signal(false);

const measure = attempt(async () => {
  const { id } = render.value!;
  busy.value = true;
  try {
    const [measures, { Plots }] = await Promise.all([server.measure(), import('./plots.tsx')]);
    measured.value = { id, measures, Plots };
  } finally {
    busy.value = false;
    measuring.value = undefined;
  }
});

export const Measures = () => {
  const now = render.value;
  if (now?.state !== 'done') return null;
  const here = measured.value?.id === now.id ? measured.value : undefined;
  const at = measuring.value;
  return (
    <section class="measures" aria-label="Measures">
      <div class="head-row">
        <h2>How steady is the result?</h2>
        {!here && (
          <button type="button" class="quiet" disabled={busy.value} onClick={measure}>
            {busy.value ? `Measuring${at ? ` ${at.done} of ${at.total}` : ' …'}` : 'Measure it'}
          </button>
        )}
      </div>
      {here && <here.Plots measures={here.measures} />}
    </section>
  );
};
