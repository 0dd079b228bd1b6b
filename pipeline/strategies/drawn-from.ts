// What every drawing is made from: the conditioning, the latent of its source, its control images.
import type { Frame } from '../../media/frame.ts';
import type { Planner } from '../graph/plan.ts';
import type { Ref } from '../graph/ref.ts';
import { canny, conditioning, controlImage, sourceLatent } from '../steps/encode.ts';
import type { ControlFacts } from './strategy.ts';

/** @param suffix tells the prompts of one pass from those of another */
export const conditioningOf = ({ add }: Planner, suffix = '') =>
  add(conditioning, { id: `conditioning${suffix}`, params: {}, inputs: {} }).conditioning;

/** @param name of the source: its nodes are called after it */
export const latentOf = ({ add }: Planner, name: string, frame: Ref<Frame>) =>
  add(sourceLatent, { id: `source-latent ${name}`, params: {}, inputs: { frame } }).latent;

/** One for each ControlNet, in their order. */
export const controlImagesOf = ({ add }: Planner, name: string, frame: Ref<Frame>, controls: readonly ControlFacts[]) =>
  controls.map(({ type, pictures, annotator }, control) => {
    const inputs = { frame };
    if (type === 'canny' && pictures === undefined && annotator === undefined) {
      return add(canny, { id: `canny ${name}`, params: {}, inputs }).image;
    }
    return add(controlImage, { id: `control-image ${name} ${control}`, params: { control, pictures, annotator }, inputs }).image;
  });

/** What the ControlNets do with their images. */
export const controlParams = (controls: readonly ControlFacts[]) =>
  controls.map(({ scale, guess, start, end }) => ({ scale, guess, start, end }));
