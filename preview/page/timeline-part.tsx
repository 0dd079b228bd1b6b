// The part of the clip that is rendered: two handles below the timeline, the same as numbers, and what takes the frame that is shown.
import { change, effective, frame, info, plan } from './store.ts';
import { useScale } from './timeline-scale.ts';

const partNow = () => {
  const { from, frames, cuttable } = info.value!.clip;
  const last = from + frames - 1;
  const { from: first = from, frames: count = frames } = plan.value ?? {};
  return { from, last, first, end: first + count - 1, cuttable, whole: count === frames };
};

const setPart = (a: number, b: number): void => {
  const { from, last } = partNow();
  change({ frames: a <= from && b >= last ? undefined : `${Math.min(a, b)}-${Math.max(a, b)}` });
};

export const beginHere = (): void => {
  const { end, cuttable } = partNow();
  if (cuttable) setPart(frame.value, Math.max(frame.value, end));
};

export const endHere = (): void => {
  const { first, cuttable } = partNow();
  if (cuttable) setPart(Math.min(first, frame.value), frame.value);
};

/** A native range of which only the thumb takes the pointer: two of them lie over each other. It is told when it is let go. */
const End = ({ label, value, onSet }: { readonly label: string; readonly value: number; readonly onSet: (frame: number) => void }) => {
  const { from, last } = partNow();
  return (
    <input
      type="range"
      min={from}
      max={last}
      value={value}
      aria-label={label}
      aria-valuetext={`frame ${value}`}
      title={label}
      onChange={event => onSet(Number(event.currentTarget.value))}
    />
  );
};

export const Ends = () => {
  const at = useScale();
  const { first, end, cuttable } = partNow();
  if (!cuttable) return null;
  return (
    <div class="ends">
      <span class="bar" style={{ left: `${at(first - 0.5)}%`, width: `${at(end) - at(first - 1)}%` }} />
      <End label="Begin of the part that is rendered" value={first} onSet={value => setPart(Math.min(value, end), end)} />
      <End label="End of the part that is rendered" value={end} onSet={value => setPart(first, Math.max(value, first))} />
    </div>
  );
};

const Field = ({
  label,
  value,
  min,
  max,
  onSet,
}: {
  readonly label: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly onSet: (frame: number) => void;
}) => (
  <label>
    {label}
    <input
      type="number"
      min={min}
      max={max}
      value={value}
      disabled={!partNow().cuttable}
      onChange={event => onSet(Number(event.currentTarget.value))}
    />
  </label>
);

export const Part = () => {
  const { from, last, first, end, cuttable, whole } = partNow();
  return (
    <div class="part">
      <Field label="First frame" value={first} min={from} max={end} onSet={value => setPart(value, end)} />
      <Field label="Last frame" value={end} min={first} max={last} onSet={value => setPart(first, value)} />
      {cuttable && (
        <>
          <button type="button" class="quiet" aria-keyshortcuts="I" onClick={beginHere}>
            Begin here
          </button>
          <button type="button" class="quiet" aria-keyshortcuts="O" onClick={endHere}>
            End here
          </button>
        </>
      )}
      {effective.value.frames !== undefined && !whole && (
        <button type="button" class="quiet" onClick={() => change({ frames: undefined })}>
          Whole clip
        </button>
      )}
    </div>
  );
};
