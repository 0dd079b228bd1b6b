// How the control image of each ControlNet of a run is made.
import { openEdgeDetector } from '../models/edge-detector.ts';
import type { Runtime } from '../models/runtime/runtime.ts';
import {
  type CannyThresholds,
  type ControlImageMaker,
  cannyImage,
  edgeImage,
  pictureImage,
  tileImage,
} from '../stages/keyframes/control.ts';
import type { Vision } from '../stages/vision/vision.ts';
import type { Control, Controls } from './controls.ts';

type Makers = { readonly vision: Vision; readonly runtime: Runtime; readonly canny: CannyThresholds };

const hintOf = async ({ type, pictures, annotator }: Control, { vision, runtime, canny }: Makers): Promise<ControlImageMaker> => {
  if (pictures) return pictureImage(pictures.at);
  if (annotator !== undefined) return edgeImage(await openEdgeDetector(annotator, runtime));
  return type === 'canny' ? cannyImage(vision, canny) : tileImage;
};

/** One for each ControlNet, in their order. Throws a WeightError for an annotator's file that is not one. */
export const hintsOf = (controls: Controls, makers: Makers): Promise<ControlImageMaker[]> =>
  Promise.all(controls.map(control => hintOf(control, makers)));
