// Keeping predicted clean samples within bounds, as some models' schedulers ask for.
import { type Tensor, tensor } from '../tensor.ts';
import type { Schedule } from './schedule.ts';

/** The predicted clean sample within its bounds. */
export type Limit = (denoised: Tensor) => Tensor;

export const unlimited: Limit = denoised => denoised;

const clamped = (values: Float32Array, bound: number, divisor = 1): Float32Array =>
  values.map(v => Math.min(Math.max(v, -bound), bound) / divisor);

const clip =
  (bound: number): Limit =>
  ({ dims, data }) =>
    tensor(dims, clamped(data, bound));

/** The q-quantile of numbers in rising order, linear between two. */
const quantile = (sorted: Float32Array, q: number): number => {
  const place = q * (sorted.length - 1);
  const below = Math.floor(place);
  const [low = 0, high = low] = [sorted[below], sorted[below + 1]];
  return low + (high - low) * (place - below);
};

/** Dynamic thresholding (Saharia et al. 2022, 2.3): each sample to [-s, s] and divided by s, s its `ratio` quantile of |x0| within 1 .. `most`. */
const threshold =
  (ratio: number, most: number): Limit =>
  ({ dims, data }) => {
    const out = new Float32Array(data.length);
    const size = data.length / (dims[0] ?? 1);
    for (let from = 0; from < data.length; from += size) {
      const own = data.subarray(from, from + size);
      const s = Math.min(Math.max(quantile(own.map(Math.abs).sort(), ratio), 1), Math.max(most, 1));
      out.set(clamped(own, s, s), from);
    }
    return tensor(dims, out);
  };

/** `thresholding` of a config. */
export const thresholdOf = ({ read }: Schedule): Limit =>
  read.flag('thresholding', false)
    ? threshold(read.number('dynamic_thresholding_ratio', 0.995), read.number('sample_max_value', 1))
    : unlimited;

/** `thresholding`, else `clip_sample`, which the config may leave to `byDefault`. */
export const limitOf = (schedule: Schedule, byDefault: boolean): Limit => {
  const { read } = schedule;
  if (read.flag('thresholding', false)) return thresholdOf(schedule);
  return read.flag('clip_sample', byDefault) ? clip(read.number('clip_sample_range', 1)) : unlimited;
};
