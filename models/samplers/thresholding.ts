// Thresholding: predicted clean samples are held within bounds, statically (`clip_sample`) or by their own quantiles (`thresholding`).
import { type Tensor, tensor } from '../tensor.ts';
import type { Schedule } from './schedule.ts';

/** The predicted clean sample within its bounds. */
export type Threshold = (denoised: Tensor) => Tensor;

export const noThreshold: Threshold = denoised => denoised;

const clamped = (values: Float32Array, bound: number, divisor = 1): Float32Array =>
  values.map(v => Math.min(Math.max(v, -bound), bound) / divisor);

const staticThreshold =
  (bound: number): Threshold =>
  ({ dims, data }) =>
    tensor(dims, clamped(data, bound));

/** The q-quantile of numbers in rising order, linear between two. */
const quantile = (sorted: Float32Array, q: number): number => {
  const place = q * (sorted.length - 1);
  const below = Math.floor(place);
  const [low = 0, high = low] = [sorted[below], sorted[below + 1]];
  return low + (high - low) * (place - below);
};

/**
 * Dynamic thresholding (Saharia et al. 2022, 2.3): each sample to [-s, s] and divided by s, s its `ratio` quantile of |x0| within
 * 1 .. `most`.
 */
const dynamicThreshold =
  (ratio: number, most: number): Threshold =>
  ({ dims, data }) => {
    const out = new Float32Array(data.length);
    const size = data.length / (dims[0] ?? 1);
    for (let from = 0; from < data.length; from += size) {
      const sample = data.subarray(from, from + size);
      const s = Math.min(Math.max(quantile(sample.map(Math.abs).sort(), ratio), 1), Math.max(most, 1));
      out.set(clamped(sample, s, s), from);
    }
    return tensor(dims, out);
  };

/** `thresholding` of a config. */
export const dynamicThresholdOf = ({ read }: Schedule): Threshold =>
  read.flag('thresholding', false)
    ? dynamicThreshold(read.number('dynamic_thresholding_ratio', 0.995), read.number('sample_max_value', 1))
    : noThreshold;

/** `thresholding`, else `clip_sample`, which the config may leave to `byDefault`. */
export const thresholdOf = (schedule: Schedule, byDefault: boolean): Threshold => {
  const { read } = schedule;
  if (read.flag('thresholding', false)) return dynamicThresholdOf(schedule);
  return read.flag('clip_sample', byDefault) ? staticThreshold(read.number('clip_sample_range', 1)) : noThreshold;
};
