// The parts of the clip that are drawn: two handles each below the timeline, the same as numbers, and what takes the frame that is shown.
import { addPart, beginHere, endHere, fateOf, keepRest, partAt, partsNow, removePart, setPart, wholeClip } from './parts.ts';
import { frame } from './store.ts';
import { useScale } from './timeline-scale.ts';

type EndProps = {
  readonly label: string;
  readonly value: number;
  /** Whether it stands behind its frame, not before it. */
  readonly behind?: boolean;
  readonly onSet: (frame: number) => void;
};

/** A native range of which only the thumb takes the pointer: they lie over each other. It is told when it is let go. */
const End = ({ label, value, behind = false, onSet }: EndProps) => {
  const { first, last } = partsNow().clip;
  const after = behind ? 1 : 0;
  return (
    <input
      type="range"
      min={first}
      max={last + 1}
      value={value + after}
      aria-label={label}
      aria-valuetext={`frame ${value}`}
      title={label}
      onChange={event => onSet(Math.max(first, Math.min(last, Number(event.currentTarget.value) - after)))}
    />
  );
};

export const Ends = () => {
  const at = useScale();
  const { parts, movable } = partsNow();
  if (!movable) return null;
  const name = (i: number): string => (parts.length > 1 ? `part ${i + 1}` : 'the part that is rendered');
  return (
    <div class="ends">
      {parts.map(({ first, last }, i) => (
        // By their places in the row: one that moves stays the one that has the focus.
        <span key={i}>
          <span class="bar" style={{ left: `${at(first - 0.5)}%`, width: `${at(last) - at(first - 1)}%` }} />
          <End label={`Begin of ${name(i)}`} value={first} onSet={value => setPart(i, Math.min(value, last), last)} />
          <End label={`End of ${name(i)}`} value={last} behind onSet={value => setPart(i, first, Math.max(value, first))} />
        </span>
      ))}
    </div>
  );
};

/** Shades what is not drawn: what is left out of the result, and what stays as it is. */
export const Shades = () => {
  const at = useScale();
  const { clip, run, parts } = partsNow();
  const gaps = [
    { kind: '', first: clip.first, last: run.first - 1 },
    ...parts.map(({ first }, i) => ({ kind: 'stays', first: i === 0 ? run.first : parts[i - 1]!.last + 1, last: first - 1 })),
    { kind: 'stays', first: parts.at(-1)!.last + 1, last: run.last },
    { kind: '', first: run.last + 1, last: clip.last },
  ];
  return (
    <>
      {gaps
        .filter(({ first, last }) => first <= last)
        .map(({ kind, first, last }) => (
          <span
            key={first}
            class={`outside ${kind}`}
            style={{ left: `${at(first - 0.5)}%`, width: `${at(last) - at(first - 1)}%` }}
            title={kind === '' ? 'left out' : 'stays as it is'}
          />
        ))}
    </>
  );
};

type FieldProps = {
  readonly label: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly onSet: (frame: number) => void;
};

const Field = ({ label, value, min, max, onSet }: FieldProps) => (
  <label>
    {label}
    <input
      type="number"
      min={min}
      max={max}
      required
      value={value}
      disabled={!partsNow().movable}
      onChange={({ currentTarget }) => currentTarget.reportValidity() && onSet(Number(currentTarget.value))}
    />
  </label>
);

/** What several parts need: another one, one less. */
const Further = ({ index }: { readonly index: number }) => {
  const { parts } = partsNow();
  if (fateOf(frame.value) === 'stays')
    return (
      <button type="button" class="quiet" title="Draws a part from this frame on, too" onClick={addPart}>
        Another part here
      </button>
    );
  return parts.length > 1 ? (
    <button type="button" class="quiet" title="Leaves the part at this frame as it is" onClick={() => removePart(index)}>
      Leave this part out
    </button>
  ) : null;
};

/** Whether what is beside the part stays in the result. */
const Rest = () => (
  <label class="check" title="The result is as long as the clip, and shows the source outside this part; otherwise it is this part alone">
    <input type="checkbox" checked={partsNow().keepsRest} onChange={event => keepRest(event.currentTarget.checked)} />
    <span>Keep the rest of the clip</span>
  </label>
);

export const Part = () => {
  const { clip, run, keepsRest, parts, movable } = partsNow();
  const index = partAt(frame.value);
  const { first, last } = parts[index]!;
  const whole = run.first === clip.first && run.last === clip.last && !keepsRest;
  return (
    <div class="part">
      <Field label="First frame" value={first} min={clip.first} max={last} onSet={value => setPart(index, value, last)} />
      <Field label="Last frame" value={last} min={first} max={clip.last} onSet={value => setPart(index, first, value)} />
      {movable && (
        <>
          <button type="button" class="quiet" aria-keyshortcuts="I" onClick={beginHere}>
            Begin here<kbd>I</kbd>
          </button>
          <button type="button" class="quiet" aria-keyshortcuts="O" onClick={endHere}>
            End here<kbd>O</kbd>
          </button>
        </>
      )}
      {keepsRest && <Further index={index} />}
      {!whole && (
        <>
          <Rest />
          <button type="button" class="quiet" onClick={wholeClip}>
            Whole clip
          </button>
        </>
      )}
    </div>
  );
};
