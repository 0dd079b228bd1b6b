// Keys that work anywhere on the page but in fields: hold S for the source, hold F for the picture without FreeU, [ and ] for key frames,
// I and O for the ends of the part that is rendered.
import { useEffect } from 'preact/hooks';
import { beginHere, endHere } from './parts.ts';
import { frame, goTo, held, plan } from './store.ts';

const isField = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.closest('input:not([type=range]), textarea, select, [contenteditable]') !== null;

/** The next key frame in a direction. */
export const nextKeyframe = (direction: 1 | -1): void => {
  const numbers = plan.value?.keyframes ?? [];
  const next = direction > 0 ? numbers.find(n => n > frame.value) : numbers.findLast(n => n < frame.value);
  if (next !== undefined) goTo(next);
};

const HELD: Readonly<Record<string, 'source' | 'freeu'>> = { s: 'source', f: 'freeu' };

const onDown = (event: KeyboardEvent): void => {
  if (event.ctrlKey || event.metaKey || event.altKey || isField(event.target)) return;
  const hold = HELD[event.key.toLowerCase()];
  if (hold) held.value = hold;
  if (event.key === '[') nextKeyframe(-1);
  if (event.key === ']') nextKeyframe(1);
  if (event.key === 'i') beginHere();
  if (event.key === 'o') endHere();
};

const onUp = (event: KeyboardEvent): void => {
  if (HELD[event.key.toLowerCase()] === held.value) held.value = undefined;
};

const letGo = (): void => {
  held.value = undefined;
};

export const useKeys = (): void =>
  useEffect(() => {
    addEventListener('keydown', onDown);
    addEventListener('keyup', onUp);
    addEventListener('blur', letGo);
    return () => {
      removeEventListener('keydown', onDown);
      removeEventListener('keyup', onUp);
      removeEventListener('blur', letGo);
    };
  }, []);
