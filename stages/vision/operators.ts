// OpenCV's operators on pictures and typed arrays; synchronous, so for worker threads.
import type { Picture } from '../../media/frame.ts';
import { type Mat, type OpenCV, withMats } from './opencv.ts';
import { lumaOf, shrunk } from './plain.ts';

/** One byte a pixel, row-major. */
export type Plane = { readonly width: number; readonly height: number; readonly data: Uint8Array };

/** Parameters of Farneback's flow, with OpenCV's meanings. */
export type FarnebackOptions = {
  /** Size of each pyramid level relative to the one below, < 1. */
  readonly pyrScale: number;
  /** Pyramid levels including the finest. */
  readonly levels: number;
  /** Averaging window, pixels. */
  readonly window: number;
  /** Iterations a level. */
  readonly iterations: number;
  /** Neighbourhood of the polynomial expansion, pixels: 5 or 7. */
  readonly polyN: number;
  /** Standard deviation of its Gaussian: 1.1 for 5, 1.5 for 7. */
  readonly polySigma: number;
  /** Use a Gaussian window instead of a box: slower, finer. */
  readonly gaussian?: boolean;
};

const USE_INITIAL_FLOW = 4;
const GAUSSIAN_WINDOW = 256;

const load = (cv: OpenCV, { width, height, data }: Picture, type: number): Mat => {
  const mat = new cv.Mat(height, width, type);
  mat.data.set(data);
  return mat;
};

/** Luma as OpenCV's fixed-point RGB2GRAY has it. */
export const grayscale = (picture: Picture): Plane => ({ width: picture.width, height: picture.height, data: lumaOf(picture) });

/** Canny's edges (0 or 255) of the luma; aperture 3, L1 gradient. Thresholds 0..255 and above. */
export const canny = (picture: Picture, low: number, high: number): Plane =>
  withMats((cv, keep) => {
    const edges = keep(new cv.Mat());
    cv.Canny(keep(load(cv, grayscale(picture), cv.CV_8UC1)), edges, low, high, 3, false);
    return { width: picture.width, height: picture.height, data: edges.data.slice() };
  });

/** Flow between two planes of one size, interleaved x, y in pixels: previous(p) stands at p + flow(p) in next. `initial` is improved on. */
export const farneback = (previous: Plane, next: Plane, options: FarnebackOptions, initial?: Float32Array): Float32Array =>
  withMats((cv, keep) => {
    const { width, height } = previous;
    const flow = keep(new cv.Mat(height, width, cv.CV_32FC2));
    if (initial) flow.data32F.set(initial);
    const flags = (initial ? USE_INITIAL_FLOW : 0) | (options.gaussian ? GAUSSIAN_WINDOW : 0);
    const { pyrScale, levels, window, iterations, polyN, polySigma } = options;
    const [a, b] = [keep(load(cv, previous, cv.CV_8UC1)), keep(load(cv, next, cv.CV_8UC1))];
    cv.calcOpticalFlowFarneback(a, b, flow, pyrScale, levels, window, iterations, polyN, polySigma, flags);
    return flow.data32F.slice();
  });

const convert = (picture: Picture, code: (cv: OpenCV) => number): Picture =>
  withMats((cv, keep) => {
    const to = keep(new cv.Mat());
    cv.cvtColor(keep(load(cv, picture, cv.CV_8UC3)), to, code(cv));
    return { width: picture.width, height: picture.height, data: to.data.slice() };
  });

/** CIE LAB on OpenCV's 8-bit scale: L 0..255 for 0..100, a and b shifted by 128; sRGB, D65. */
export const rgbToLab8 = (picture: Picture): Picture => convert(picture, cv => cv.COLOR_RGB2Lab);

/** The inverse of `rgbToLab8`, rounded to bytes. */
export const lab8ToRgb = (lab: Picture): Picture => convert(lab, cv => cv.COLOR_Lab2RGB);

const shrinkMat = (from: Picture | Plane, channels: 1 | 3, width: number, height: number): Plane => {
  const data = shrunk(from, channels, width, height);
  if (data) return { width, height, data };
  return withMats((cv, keep) => {
    const to = keep(new cv.Mat());
    const type = channels === 1 ? cv.CV_8UC1 : cv.CV_8UC3;
    cv.resize(keep(load(cv, from, type)), to, new cv.Size(width, height), 0, 0, cv.INTER_AREA);
    return { width, height, data: to.data.slice() };
  });
};

/** The plane at a smaller size; every pixel the mean of the area it covers. */
export const shrink = (plane: Plane, width: number, height: number): Plane => shrinkMat(plane, 1, width, height);

/** The same for a picture. */
export const shrinkPicture = (picture: Picture, width: number, height: number): Picture => shrinkMat(picture, 3, width, height);
