// The weights of a graph, each checked against what the network asks for; what does not fit is told all at once.

import { type TensorInfo, type Weight, WeightError, type WeightSource, type WeightType } from '../weights/weight-source.ts';
import { sameDims, showDims } from './dims.ts';
import type { DType } from './model-proto.ts';

/** Types that a checkpoint's numbers may have, as a graph reads them. */
export const FLOATS: Partial<Record<WeightType, DType>> = { F32: 'float32', F16: 'float16', BF16: 'bfloat16', F64: 'float64' };

const LISTED_PROBLEMS = 4;
const MOST_PROBLEMS = 5000; // weights that do not fit; a config that asks for more has nothing to do with the file

const weightError = (label: string, problems: ReadonlyMap<string, string>): WeightError => {
  const all = [...problems].map(([name, problem]) => `${name}: ${problem}`);
  const more = all.length > LISTED_PROBLEMS ? `; and ${all.length - LISTED_PROBLEMS} more` : '';
  const least = all.length < MOST_PROBLEMS ? '' : 'at least ';
  const count = all.length === 1 ? 'a weight does' : `${least}${all.length} weights do`;
  return new WeightError(`${label}: ${count} not fit the config: ${all.slice(0, LISTED_PROBLEMS).join('; ')}${more}`);
};

export type CheckedWeights = {
  /** A weight that fits. One that does not is remembered for `check`. @param reason which config key the dims come from */
  find(path: string, dims: readonly number[], reason?: string): Weight | undefined;
  holds(path: string): boolean;
  /** What was found so far, and names that nothing asked for. */
  used(): readonly TensorInfo[];
  unused(): string[];
  /** @throws WeightError that lists what does not fit */
  check(): void;
};

export const checkedWeights = (source: WeightSource): CheckedWeights => {
  const used = new Map<string, TensorInfo>();
  const problems = new Map<string, string>();
  return {
    find(path, dims, reason) {
      const info = source.find(path, dims);
      if (info) used.set(info.name, info);
      if (!info) problems.set(path, 'is missing');
      else if (!FLOATS[info.dtype]) problems.set(path, `is ${info.dtype}, expects a float type`);
      else if (!sameDims(dims, info.dims)) {
        problems.set(path, `expects ${showDims(dims)}${reason ? ` (${reason})` : ''}, checkpoint has ${showDims(info.dims)}`);
      } else return info;
      if (problems.size >= MOST_PROBLEMS) throw weightError(source.label, problems);
      return undefined;
    },
    holds(path) {
      for (const each of source.names()) if (each === path) return true;
      return false;
    },
    used: () => [...used.values()],
    unused: () => [...source.names()].filter(name => !used.has(name)),
    check() {
      if (problems.size > 0) throw weightError(source.label, problems);
    },
  };
};
