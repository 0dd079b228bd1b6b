// A number as a slider and a field: the slider covers what is usual, the field everything that is allowed.
import { useId } from 'preact/hooks';
import { useDraft } from './draft.ts';

type Props = {
  readonly label: string;
  readonly help?: string | undefined;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  /** What may be typed. */
  readonly bounds?: readonly [min: number, max: number];
  /** No fractions. */
  readonly whole?: boolean;
  readonly unit?: string | undefined;
  readonly disabled?: boolean;
  readonly changed?: boolean;
  readonly onChange: (value: number) => void;
  readonly onReset?: () => void;
};

export const Slider = ({
  label,
  help,
  value,
  min,
  max,
  step,
  bounds = [min, max],
  whole,
  unit,
  disabled,
  changed,
  onChange,
  onReset,
}: Props) => {
  const id = useId();
  const typed = useDraft(String(value));
  /** What is out of range stays in the field, and the browser says what would do. */
  const set = (field: HTMLInputElement): void => {
    if (!field.reportValidity()) return;
    typed.done();
    onChange(Number(field.value));
  };
  const part = Math.max(0, Math.min(1, (value - min) / (max - min)));
  return (
    <div class={`slider ${changed ? 'changed' : ''}`}>
      <label for={id} title={help}>
        {label}
      </label>
      {changed && onReset && (
        <button type="button" class="reset" title="As it was" aria-label={`${label}: as it was`} onClick={onReset}>
          ↺
        </button>
      )}
      <input
        id={id}
        type="range"
        min={min}
        max={max}
        step={step}
        value={value}
        disabled={disabled}
        style={{ '--part': `${part * 100}%` }}
        aria-valuetext={unit ? `${value} ${unit}` : String(value)}
        onInput={event => set(event.currentTarget)}
      />
      <input
        type="number"
        aria-label={`${label}, as a number`}
        min={bounds[0]}
        max={bounds[1]}
        step={whole ? 1 : 'any'}
        required
        value={typed.value}
        title={help === undefined ? `${bounds[0]} to ${bounds[1]}` : `${help}; ${bounds[0]} to ${bounds[1]}`}
        disabled={disabled}
        onInput={typed.onInput}
        onChange={event => set(event.currentTarget)}
        onBlur={event => event.currentTarget.validity.valid && typed.done()}
      />
    </div>
  );
};
