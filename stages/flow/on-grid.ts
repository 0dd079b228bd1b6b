// Pictures on their flow grid.
import type { Picture } from '../../media/frame.ts';
import { grayscale, type Plane, shrink, shrinkPicture } from '../vision/operators.ts';
import type { Grid } from './grid.ts';
import { workspaceOf } from './workspace.ts';

const isTwice = (picture: Grid, { width, height }: Grid): boolean => picture.width === 2 * width && picture.height === 2 * height;

/** The luma of a picture on a grid that is not larger: OpenCV's RGB2GRAY, then INTER_AREA. */
export const lumaOn = (picture: Picture, grid: Grid): Plane => {
  const { width, height } = grid;
  if (!isTwice(picture, grid)) {
    const luma = grayscale(picture);
    return luma.width === width && luma.height === height ? luma : shrink(luma, width, height);
  }
  const { kernels, whole, lumas, out } = workspaceOf(width, height);
  whole.data.set(picture.data);
  kernels.luma(whole.at, 4 * width * height, lumas.at);
  kernels.halveBytes(lumas.at, picture.width, picture.height, 1, out.at);
  return { width, height, data: out.data.slice() };
};

/** Colours of a picture on a grid that is not larger, and the luma of those: INTER_AREA, then RGB2GRAY. */
export const coloursOn = (picture: Picture, grid: Grid): { readonly colour: Picture; readonly luma: Plane } => {
  const { width, height } = grid;
  if (!isTwice(picture, grid)) {
    const colour = shrinkPicture(picture, width, height);
    return { colour, luma: grayscale(colour) };
  }
  const { kernels, whole, colours, out } = workspaceOf(width, height);
  whole.data.set(picture.data);
  kernels.halveBytes(whole.at, picture.width, picture.height, 3, colours.at);
  kernels.luma(colours.at, width * height, out.at);
  const size = { width, height };
  return { colour: { ...size, data: colours.data.slice() }, luma: { ...size, data: out.data.slice() } };
};
