// The only importer of opencv-wasm: loads it once a thread, and frees every matrix.
import { createRequire } from 'node:module';
import { RerenderError } from '../../config/errors.ts';

/** OpenCV refused an operation. */
export class VisionError extends RerenderError {
  constructor(message: string, options?: ErrorOptions) {
    super('VISION_FAILED', 'failure', message, options);
  }
}

/** A matrix in OpenCV's own memory. */
export type Mat = {
  readonly data: Uint8Array;
  readonly data32F: Float32Array;
  readonly rows: number;
  readonly cols: number;
  delete(): void;
};

/** The part of OpenCV that is used here. */
export type OpenCV = {
  readonly Mat: { new (): Mat; new (rows: number, cols: number, type: number): Mat };
  readonly Size: new (width: number, height: number) => object;
  readonly CV_8UC1: number;
  readonly CV_8UC3: number;
  readonly CV_32FC2: number;
  readonly INTER_AREA: number;
  readonly COLOR_RGB2GRAY: number;
  readonly COLOR_RGB2Lab: number;
  readonly COLOR_Lab2RGB: number;
  cvtColor(source: Mat, to: Mat, code: number): void;
  resize(source: Mat, to: Mat, size: object, fx: number, fy: number, interpolation: number): void;
  Canny(source: Mat, edges: Mat, low: number, high: number, aperture: number, l2: boolean): void;
  calcOpticalFlowFarneback(
    previous: Mat,
    next: Mat,
    flow: Mat,
    pyrScale: number,
    levels: number,
    window: number,
    iterations: number,
    polyN: number,
    polySigma: number,
    flags: number,
  ): void;
  exceptionFromPtr(pointer: number): { readonly msg: string };
};

const FATAL = ['uncaughtException', 'unhandledRejection'] as const;

let loaded: OpenCV | undefined;

/**
 * OpenCV, loaded when first asked for (a few hundred ms, synchronous).
 * Emscripten's start-up code hooks the process-wide handlers of fatal errors; they are taken off again.
 * The module object has a `then` of its own: it must never be awaited or returned from an async function.
 */
export const openCV = (): OpenCV => {
  if (loaded) return loaded;
  const before = FATAL.map(event => process.listeners(event as 'uncaughtException'));
  const { cv } = createRequire(import.meta.url)('opencv-wasm') as { cv: OpenCV };
  for (const [i, event] of FATAL.entries()) {
    for (const listener of process.listeners(event as 'uncaughtException')) {
      if (!before[i]!.includes(listener)) process.removeListener(event, listener);
    }
  }
  loaded = cv;
  return cv;
};

/** Runs an operation with a matrix factory; all its matrices are freed after it, whatever happens. */
export const withMats = <R>(operation: (cv: OpenCV, keep: <M extends Mat>(mat: M) => M) => R): R => {
  const cv = openCV();
  const mats: Mat[] = [];
  const keep = <M extends Mat>(mat: M): M => {
    mats.push(mat);
    return mat;
  };
  try {
    return operation(cv, keep);
  } catch (error) {
    if (typeof error !== 'number') throw error;
    throw new VisionError(`OpenCV refused: ${cv.exceptionFromPtr(error).msg}`, { cause: error }); // C++ exceptions arrive as pointers
  } finally {
    for (const mat of mats) mat.delete();
  }
};
