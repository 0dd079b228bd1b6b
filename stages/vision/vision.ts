// OpenCV behind promises: each operator runs on a pool of worker threads with an OpenCV of their own.
import { workerEntry } from '../../config/paths.ts';
import type { Picture } from '../../media/frame.ts';
import { openPool } from '../../threads/pool.ts';
import type { FarnebackOptions, Plane } from './operators.ts';
import type { VisionTasks } from './worker.ts';

/** OpenCV's operators on worker threads. */
export type Vision = {
  /** Luma, one byte a pixel (OpenCV's RGB2GRAY). */
  grayscale(picture: Picture, signal?: AbortSignal): Promise<Plane>;
  /** Canny's edges, 0 or 255 a pixel: aperture 3, L1 gradient. */
  canny(picture: Picture, low: number, high: number, signal?: AbortSignal): Promise<Plane>;
  /** Farneback's flow from one plane to another of the same size, interleaved x, y in pixels. */
  farneback(previous: Plane, next: Plane, options: FarnebackOptions, signal?: AbortSignal): Promise<Float32Array>;
  /** LAB on OpenCV's 8-bit scale. */
  rgbToLab8(picture: Picture, signal?: AbortSignal): Promise<Picture>;
  /** The inverse of `rgbToLab8`. */
  lab8ToRgb(lab: Picture, signal?: AbortSignal): Promise<Picture>;
  /** Ends the threads; what still runs is rejected. */
  close(): Promise<void>;
};

/** Opens the operators over at most `workers` threads (default 1), each started when first needed. Errors: WorkerError. */
export const openVision = ({ workers = 1 }: { workers?: number } = {}): Vision => {
  const pool = openPool<VisionTasks>(workerEntry(import.meta.url, 'worker'), { size: workers, name: 'vision' });
  return {
    grayscale: (picture, signal) => pool.run('grayscale', picture, { signal }),
    canny: (picture, low, high, signal) => pool.run('canny', { picture, low, high }, { signal }),
    farneback: (previous, next, options, signal) => pool.run('farneback', { previous, next, options }, { signal }),
    rgbToLab8: (picture, signal) => pool.run('rgbToLab8', picture, { signal }),
    lab8ToRgb: (lab, signal) => pool.run('lab8ToRgb', lab, { signal }),
    close: () => pool.close(),
  };
};
