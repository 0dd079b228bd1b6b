// FreeU's four factors, and what they do to this very picture.
import { FreeUSheet } from './freeu-sheet.tsx';
import { HoldButton } from './hold-button.tsx';
import { fateOf } from './parts.ts';
import { Slider } from './slider.tsx';
import { change, effective, frame, freeuEffect, held, info, plan, progress, values } from './store.ts';

type Factor = 'b1' | 'b2' | 's1' | 's2';
type Factors = Readonly<Record<Factor, number>>;

/** With what is usual: the field beside the slider takes all that the option does. */
const ROWS: readonly (readonly [Factor, string, string, readonly [number, number]])[] = [
  ['b1', 'Backbone b1', 'more than 1 strengthens the deepest features: structure', [0.8, 1.8]],
  ['b2', 'Backbone b2', 'the same one level up', [0.8, 1.8]],
  ['s1', 'Skip s1', 'less than 1 weakens low frequencies that skip connections bring in', [0, 1.4]],
  ['s2', 'Skip s2', 'the same one level up', [0, 1.4]],
];

const PLAIN: Factors = { b1: 1.1, b2: 1.2, s1: 1, s2: 0.2 };

const factorsOf = (value: unknown): Factors | undefined => {
  if (typeof value === 'object' && value !== null && 'b1' in value) return value as Factors;
  const [b1, b2, s1, s2] = String(value).split(',').map(Number);
  return [b1, b2, s1, s2].every(Number.isFinite) ? ({ b1, b2, s1, s2 } as Factors) : undefined;
};

/** Off, as factors: the network that is open draws it, bit for bit the same. */
const OFF = '1,1,1,1';

const textOf = ({ b1, b2, s1, s2 }: Factors): string => [b1, b2, s1, s2].join(',');

/** Levels of 255 by which a picture has to move on average until an eye sees it side by side. */
const VISIBLE = 2;

const Effect = () => {
  if (plan.value?.supplied.includes(frame.value))
    return <p class="effect">This key frame is a picture of yours, which FreeU does not touch.</p>;
  if (fateOf(frame.value) !== 'drawn' && !plan.value?.keyframes.includes(frame.value))
    return <p class="effect">This frame is not drawn: choose one in the part that is.</p>;
  const effect = freeuEffect.value;
  if (!effect) return <p class="effect">{progress.value ? '' : 'Measuring what FreeU does here …'}</p>;
  const { mean, most } = effect.difference;
  const amount = `${mean < 10 ? mean.toFixed(1) : Math.round(mean)} of 255 levels on average, at most ${most}`;
  const { embedded, name } = info.value!.model;
  return (
    <p class={`effect ${mean < VISIBLE ? 'weak' : ''}`} data-mean={mean}>
      {mean < VISIBLE ? (
        <>
          FreeU hardly changes this picture: {amount}.{' '}
          {embedded ? `${name} is small, and hardly reacts to it; larger models do.` : 'This model hardly reacts to these factors.'}
        </>
      ) : (
        <>FreeU moves this picture by {amount}.</>
      )}
    </p>
  );
};

export const FreeU = () => {
  const asked = factorsOf(effective.value.freeu);
  const now = asked && textOf(asked) === OFF ? undefined : asked;
  const begun = factorsOf(info.value!.plan.values.freeu);
  const base = begun && textOf(begun) !== OFF ? begun : PLAIN;
  const shown = now ?? base;
  const isSet = values.value.freeu !== undefined;
  const { min: least = 0, max: most = 4 } = info.value!.controls.find(({ name }) => name === 'freeu') ?? {};
  const set = (factor: Factor, value: number): void => change({ freeu: textOf({ ...shown, [factor]: value }) });
  return (
    <section class="group">
      <div class="head-row">
        <h2>FreeU</h2>
        <label class="switch">
          <input
            type="checkbox"
            checked={now !== undefined}
            onChange={event => change({ freeu: event.currentTarget.checked ? textOf(base) : OFF })}
          />
          <span>{now ? 'on' : 'off'}</span>
        </label>
      </div>
      {ROWS.map(([factor, label, help, [min, max]]) => (
        <Slider
          key={factor}
          label={label}
          help={help}
          value={shown[factor]}
          min={min}
          max={max}
          step={0.05}
          bounds={[least, most]}
          disabled={now === undefined}
          onChange={value => set(factor, value)}
        />
      ))}
      <div class="head-row">
        <HoldButton shortcut="F" disabled={!freeuEffect.value} onHold={down => (held.value = down ? 'freeu' : undefined)}>
          Hold for FreeU off
        </HoldButton>
        {isSet && (
          <button type="button" class="quiet" onClick={() => change({ freeu: undefined })}>
            As it was
          </button>
        )}
      </div>
      {now && <Effect />}
      <FreeUSheet />
    </section>
  );
};
