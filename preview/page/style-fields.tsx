// What the result should look like, in words or by a name.
import { useDraft } from './draft.ts';
import { change, effective, info } from './store.ts';

/** Words are sent when they are finished: with enter, or when the field is left. */
const Words = ({
  name,
  label,
  hint,
  rows,
}: {
  readonly name: string;
  readonly label: string;
  readonly hint: string;
  readonly rows: number;
}) => {
  const typed = useDraft(String(effective.value[name] ?? ''));
  return (
    <label class="field">
      {label}
      <textarea
        rows={rows}
        placeholder={hint}
        value={typed.value}
        onInput={typed.onInput}
        onChange={event => {
          const text = event.currentTarget.value;
          typed.done();
          change({ [name]: text });
        }}
        onBlur={typed.done}
        onKeyDown={event => {
          if (event.key !== 'Enter' || event.shiftKey) return;
          event.preventDefault();
          event.currentTarget.blur();
        }}
      />
    </label>
  );
};

export const Style = () => {
  const presets = info.value!.presets.filter(({ style }) => style !== undefined);
  const style = effective.value.style;
  const chosen = presets.find(preset => preset.style === style)?.name ?? '';
  return (
    <section class="group">
      <h2>Look</h2>
      <label class="field">
        Start from
        <select
          value={chosen}
          onChange={event => {
            const preset = presets.find(({ name }) => name === event.currentTarget.value);
            if (preset) change({ preset: preset.name, style: preset.style });
          }}
        >
          <option value="" disabled>
            your own words
          </option>
          {presets.map(({ name }) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <Words name="style" label="In words" hint="an oil painting, thick brush strokes" rows={2} />
      <Words name="secondStyle" label="And over it" hint="film noir" rows={1} />
      <Words name="negativePrompt" label="But not" hint="blurry, text" rows={1} />
    </section>
  );
};
