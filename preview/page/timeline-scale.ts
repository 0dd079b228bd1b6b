// Where frames stand on the timeline.
import { info } from './store.ts';

/** Per cent of the width at which a frame's middle stands. */
export const useScale = () => {
  const { from, frames } = info.value!.clip;
  return (number: number): number => ((number - from + 0.5) / frames) * 100;
};

/** The frame at a place of an element that is as wide as the timeline. */
export const frameAt = (element: Element, clientX: number): number => {
  const { from, frames } = info.value!.clip;
  const { left, width } = element.getBoundingClientRect();
  return from + Math.max(0, Math.min(frames - 1, Math.floor(((clientX - left) / width) * frames)));
};
