// Every step that the program has, by its name: add a step here.
import type { Step } from '../graph/step.ts';
import { canny, conditioning, controlImage, sourceLatent } from './encode.ts';
import { drawnFrame, frame, greyFrame, image, recolour } from './frame.ts';
import { interval } from './interval.ts';
import { anchor, colours, keyframe } from './keyframe.ts';
import { motion } from './motion.ts';
import { picture } from './picture.ts';
import { recorded, supplied } from './supplied.ts';
import { survey } from './survey.ts';
import { clip, decoded, window } from './window.ts';

const ALL = [
  survey,
  conditioning,
  frame,
  image,
  recolour,
  drawnFrame,
  greyFrame,
  sourceLatent,
  canny,
  controlImage,
  motion,
  supplied,
  recorded,
  colours,
  anchor,
  keyframe,
  interval,
  window,
  clip,
  decoded,
  picture,
] as const;

export const STEPS: Readonly<Record<string, Step>> = Object.fromEntries(ALL.map(step => [step.name, step as unknown as Step]));
