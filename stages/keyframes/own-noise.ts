// Edits of x0 for networks that translate: the noise estimate follows them.
import type { Step } from '../../models/samplers/schedule.ts';
import { type Tensor, tensor } from '../../models/tensor.ts';

/**
 * What a sampler has to go on with in place of an edited clean latent so that its noise estimate is that of the edit, too.
 *
 * A step goes on with x' = sqrt(a') x0 + sqrt(1 - a') n and keeps n = (x - sqrt(a) x0) / sqrt(1 - a) of the prediction. In a run from the
 * noised source n holds what is left of the source less x0: beside another x0 it belongs to another picture. With n taken anew, x' is that
 * of x0 + (1 - r) (edited - x0) with the old n, r = sqrt((1 - a') / a') / sqrt((1 - a) / a): little early in a run, everything at its end.
 */
export const editWithNoise = (x0: Tensor, edited: Tensor, { alphaBar, alphaBarNext }: Pick<Step, 'alphaBar' | 'alphaBarNext'>): Tensor => {
  const share = 1 - Math.sqrt(((1 - alphaBarNext) / alphaBarNext) * (alphaBar / (1 - alphaBar)));
  return tensor(
    x0.dims,
    x0.data.map((v, i) => v + share * (edited.data[i]! - v)),
  );
};
