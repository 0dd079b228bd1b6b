// Pictures that explain a frame, in place of its drawing.
import { type Overlay, SHOWN } from './address.ts';
import { overlayPicture, overlayTrouble } from './overlay-picture.ts';
import { overlay } from './store.ts';

export const OVERLAY_NAMES: Readonly<Record<Overlay, string>> = {
  none: 'the picture',
  difference: 'the difference',
  flow: 'its motion',
  occlusion: 'what the next frame hides',
  control: 'the control image',
  origins: 'what is warped, what is synthesised',
};

export const Overlays = () => (
  <>
    <label class="inline">
      Show
      <select value={overlay.value} onChange={event => (overlay.value = event.currentTarget.value as Overlay)}>
        {SHOWN.map(name => (
          <option key={name} value={name}>
            {OVERLAY_NAMES[name]}
          </option>
        ))}
      </select>
    </label>
    {overlay.value === 'origins' && overlayPicture.value && <Legend />}
    {overlayTrouble.value && (
      <p class="hint" role="status">
        {overlayTrouble.value}
      </p>
    )}
  </>
);

/** The colours of `origins`. */
const Legend = () => (
  <p class="legend">
    <span class="first">from the key frame before</span>
    <span class="last">from the one after</span>
    <span class="both">from both</span>
    <span class="made">synthesised</span>
    <span class="neither">the source, in the colours of the style</span>
  </p>
);
