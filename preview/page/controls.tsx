// Controls made from the table of options.
import { useSignal } from '@preact/signals';
import { useId } from 'preact/hooks';
import type { Control } from '../api.ts';
import { useDraft } from './draft.ts';
import { Slider } from './slider.tsx';
import { change, effective, info, values } from './store.ts';

/** Options that have a place of their own on the page. */
const ELSEWHERE = ['style', 'secondStyle', 'negativePrompt', 'preset', 'freeu', 'frames', 'report'];

/** What is usual, where more is allowed than a slider can show; and how finely it moves. */
const USUAL: Readonly<Record<string, readonly [min: number, max: number, step: number]>> = {
  steps: [1, 50, 1],
  cfgScale: [1, 20, 0.5],
  strength: [0, 1, 0.05],
  controlScale: [0, 2, 0.05],
  interval: [1, 60, 1],
  mix: [0, 1, 0.05],
  onlyFade: [0, 2, 0.05],
  intervalMin: [1, 60, 1],
  intervalMax: [1, 60, 1],
  styleUpdateFreq: [0, 10, 1],
  size: [64, 1024, 8],
  sizeMultiple: [8, 64, 8],
  cannyLow: [0, 400, 10],
  cannyHigh: [0, 400, 10],
  window: [1, 64, 1],
  windowOverlap: [0, 32, 1],
};

/** `cfgScale` -> `Guidance` where the field has a word for it, else from the flag: `mask-strength` -> `Mask strength`. */
const NAMES: Readonly<Record<string, string>> = {
  cfgScale: 'Guidance',
  strength: 'Strength',
  strengthSteps: 'Steps at a strength',
  interval: 'Key frame every',
  propagate: 'Between key frames',
  freeuStart: 'FreeU from',
  freeuEnd: 'FreeU until',
  freeuVersion: 'FreeU version',
  freeuStages: 'FreeU stages',
  freeuOrder: 'FreeU order',
  freeuSmooth: 'FreeU ramps',
  firstCfgScale: 'Guidance of the first style',
  firstAgain: 'First style once more',
  secondAgain: 'Second style once more',
  secondFrom: 'Second style over',
  cfgLow: 'Guidance, low frequencies',
  cfgHigh: 'Guidance, high frequencies',
  controlScale: 'Control weight',
  size: 'Drawn size',
  sizeMultiple: 'Size in steps of',
  intervalMin: 'Key frame distance from',
  intervalMax: 'Key frame distance to',
  mix: 'Style over the source',
  onlyFade: 'Fade where a part ends',
  anchor: 'Anchor',
  crossPeriod: 'Look at earlier ones in steps',
  warpPeriod: 'Fuse shapes in steps',
  maskPeriod: 'Fuse pixels in steps',
  adaPeriod: 'Match colours in steps',
  looseCfattn: 'Loose attention',
  styleUpdateFreq: 'Newer key frame every',
  smoothBoundary: 'Smooth edges',
  colorPreserve: "Keep the source's colours",
  fromNoise: 'Begin at noise',
  motion: 'Motion between key frames',
  steady: 'Steadier between key frames',
  poisson: 'Sharper between key frames',
  controlGuess: 'Control guesses',
};

const labelOf = ({ name, flag }: Control): string => {
  const words = flag.replace(/^--(no-)?/, '').replaceAll('-', ' ');
  return NAMES[name] ?? words.charAt(0).toUpperCase() + words.slice(1);
};

const textOf = (value: unknown): string => (Array.isArray(value) ? value.join(',') : value === undefined ? '' : String(value));

type Props = { readonly control: Control };

const reset = (name: string) => (): void => change({ [name]: undefined });

const NumberControl = ({ control }: Props) => {
  const { name, help, min = 0, max = 1, unit, kind } = control;
  const value = effective.value[name];
  const [low, high, step] = USUAL[name] ?? [min, max, kind === 'integer' ? 1 : 0.05];
  return (
    <Slider
      label={labelOf(control)}
      help={help}
      unit={unit}
      value={Number(value ?? low)}
      min={low}
      max={high}
      step={step}
      bounds={[min, max]}
      whole={kind === 'integer'}
      changed={values.value[name] !== undefined}
      onChange={next => change({ [name]: next })}
      onReset={reset(name)}
    />
  );
};

const ChoiceControl = ({ control }: Props) => {
  const { name, help, choices = [] } = control;
  return (
    <label class="field row" title={help}>
      <span>{labelOf(control)}</span>
      <select value={textOf(effective.value[name])} onChange={event => change({ [name]: event.currentTarget.value })}>
        {choices.map(choice => (
          <option key={choice} value={choice}>
            {choice}
          </option>
        ))}
      </select>
    </label>
  );
};

const FlagControl = ({ control }: Props) => {
  const { name, help } = control;
  const value = effective.value[name];
  return (
    <label class="check" title={help}>
      <input
        type="checkbox"
        checked={value === true || value === 'true'}
        onChange={event => change({ [name]: event.currentTarget.checked })}
      />
      <span>{labelOf(control)}</span>
    </label>
  );
};

const TextControl = ({ control }: Props) => {
  const { name, help, without } = control;
  const id = useId();
  const typed = useDraft(textOf(effective.value[name]));
  return (
    <div class="field row" title={help}>
      <label for={id}>{labelOf(control)}</label>
      <input
        id={id}
        type="text"
        placeholder={without}
        value={typed.value}
        onInput={typed.onInput}
        onChange={event => {
          const text = event.currentTarget.value.trim();
          typed.done();
          change({ [name]: text === '' ? undefined : text });
        }}
        onBlur={typed.done}
      />
    </div>
  );
};

const One = ({ control }: Props) => {
  const word = typeof effective.value[control.name] === 'string' && Number.isNaN(Number(effective.value[control.name]));
  if (control.kind === 'choice') return <ChoiceControl control={control} />;
  if (control.kind === 'flag') return <FlagControl control={control} />;
  if ((control.kind === 'number' || control.kind === 'integer') && !word) return <NumberControl control={control} />;
  return <TextControl control={control} />;
};

/** Folded away: made when it is unfolded. */
const More = ({ controls }: { readonly controls: readonly Control[] }) => {
  const open = useSignal(false);
  const groups = [...new Set(controls.filter(({ advanced }) => advanced).map(({ group }) => group))];
  return (
    <details class="group" onToggle={event => (open.value = event.currentTarget.open)}>
      <summary>More</summary>
      {open.value &&
        ['FreeU', ...groups.filter(group => group !== 'FreeU')].map(group => (
          <section key={group}>
            <h3>{group}</h3>
            {controls
              .filter(control => control.group === group && (control.advanced || group === 'FreeU'))
              .map(control => (
                <One key={control.name} control={control} />
              ))}
          </section>
        ))}
    </details>
  );
};

export const Controls = () => {
  const controls = info.value!.controls.filter(({ name }) => !ELSEWHERE.includes(name));
  return (
    <>
      <section class="group">
        <h2>Drawing</h2>
        {controls
          .filter(({ advanced, group }) => !advanced && group !== 'FreeU')
          .map(control => (
            <One key={control.name} control={control} />
          ))}
      </section>
      <More controls={controls} />
    </>
  );
};
