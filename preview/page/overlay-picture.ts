// The picture that explains the frame on the stage, or why there is none.
import { computed, signal } from '@preact/signals';
import type { PictureInfo } from '../api.ts';
import type { Overlay } from './address.ts';
import { server } from './client.ts';
import { partsNow } from './parts.ts';
import { drawn, frame, info, overlay, PAUSE, plan, values } from './store.ts';

export const overlayPicture = signal<PictureInfo | undefined>(undefined);
/** Why this frame has none. */
export const overlayTrouble = signal<string | undefined>(undefined);

const drawnFrame = computed(() => drawn.value?.frame);
const isKey = computed(() => plan.value?.keyframes.includes(frame.value) ?? false);

/** What the page knows without asking. */
const whyNot = (kind: Overlay, number: number): string | undefined => {
  if (kind === 'origins' && isKey.value) return 'A key frame is drawn as a whole: choose a frame between two of them.';
  if (kind === 'control' && !isKey.value) return 'What a ControlNet is shown belongs to key frames: choose one.';
  if ((kind === 'flow' || kind === 'occlusion') && number === partsNow().run.last) {
    return 'The last frame has no motion to a next one: choose one before it.';
  }
  return undefined;
};

/** Asks for the overlay of the frame that is shown, once it rests; what was asked before ends. */
export const askOverlay = (): (() => void) | undefined => {
  const [kind, number, set] = [overlay.value, frame.value, values.value];
  overlayPicture.value = undefined;
  overlayTrouble.value = undefined;
  if (!info.value || kind === 'none' || kind === 'difference') return undefined;
  overlayTrouble.value = whyNot(kind, number);
  // Where pixels come from is known from what is drawn, which is on its way.
  if (overlayTrouble.peek() !== undefined || (kind === 'origins' && drawnFrame.value !== number)) return undefined;
  const left = new AbortController();
  const timer = setTimeout(() => {
    server.overlay(kind, number, set, left.signal).then(
      picture => left.signal.aborted || (overlayPicture.value = picture),
      error => left.signal.aborted || (overlayTrouble.value = error.message),
    );
  }, PAUSE);
  return () => {
    clearTimeout(timer);
    left.abort();
  };
};
