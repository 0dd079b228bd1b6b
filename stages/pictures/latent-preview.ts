// A latent as a small picture without the decoder: a linear map from latent channels to colours, fitted to the model's own decoder.
import type { Picture } from '../../media/frame.ts';
import type { DiffusionModel } from '../../models/diffusion-model.ts';
import { leastSquares } from '../../models/math/least-squares.ts';
import { type Tensor, tensor } from '../../models/tensor.ts';
import { toPicture } from '../keyframes/pixels.ts';
import { previewPattern } from './preview-pattern.ts';

/** Makes the preview of a latent [1, c, h, w] of its model: a picture of w x h pixels. */
export type LatentPreview = (latent: Tensor) => Picture;

/** What the map is fitted with; a test passes fakes. */
type Codec = Pick<DiffusionModel, 'encodeImage' | 'decodeLatent'> & {
  readonly info: Pick<DiffusionModel['info'], 'latentChannels' | 'factor'>;
};

const SIDE = 16; // cells of the latent that is fitted on: 256 equations for 5 (Stable Diffusion) or 33 (rerender-mini) unknowns a colour
const RIDGE = 1e-3;

/** The mean of every factor x factor block of [1, 3, h, w], at cell (y, x). */
const blockMean = ({ dims, data }: Tensor, factor: number, y: number, x: number): number[] => {
  const [, , height, width] = dims as [number, number, number, number];
  return [0, 1, 2].map(c => {
    let sum = 0;
    for (let i = 0; i < factor; i++) {
      const from = (c * height + y * factor + i) * width + x * factor;
      for (let j = 0; j < factor; j++) sum += data[from + j]!;
    }
    return sum / factor ** 2;
  });
};

/** The channels of a latent [1, c, h, w] at cell p, and a 1 for the constant. */
const rowAt = ({ data }: Tensor, channels: number, p: number): Float64Array =>
  Float64Array.from({ length: channels + 1 }, (_, k) => (k < channels ? data[(k * data.length) / channels + p]! : 1));

/** colour = map^T [latent, 1], for each of the three. */
const fit = async ({ info, encodeImage, decodeLatent }: Codec): Promise<LatentPreview> => {
  const { latentChannels: channels, factor } = info;
  const latent = await encodeImage(previewPattern(SIDE * factor));
  const image = await decodeLatent(latent);
  const equations = leastSquares(channels + 1, 3, RIDGE);
  for (let p = 0; p < SIDE ** 2; p++) equations.add(rowAt(latent, channels, p), blockMean(image, factor, Math.floor(p / SIDE), p % SIDE));
  const map = equations.solve();
  return z => {
    const [n, c, height, width] = z.dims as [number, number, number, number];
    if (z.dims.length !== 4 || n !== 1 || c !== channels)
      throw new RangeError(`a preview is made of a latent [1, ${channels}, h, w], got [${z.dims.join(', ')}]`);
    const size = height * width;
    const small = tensor([1, 3, height, width]);
    for (let k = 0; k < 3; k++) {
      const plane = small.data.subarray(k * size, (k + 1) * size).fill(map[channels]![k]!);
      for (let i = 0; i < channels; i++) {
        const weight = map[i]![k]!;
        for (let p = 0; p < size; p++) plane[p]! += weight * z.data[i * size + p]!;
      }
    }
    return toPicture(small);
  };
};

const fitted = new WeakMap<object, Promise<LatentPreview>>();

/**
 * What turns latents of a model into small pictures, [h/f, w/f] of what the decoder would draw, in about a millisecond.
 * The map is fitted when it is first asked for, with one small picture (16 f pixels a side) through encoder and decoder, and is then the
 * model's; the same model gives the same map. A latent of a clip goes through `splitFrames` first.
 * @throws what encoder and decoder throw; a later call then tries again. The preview itself throws RangeError for dims of another model
 */
export const latentPreview = (model: Codec): Promise<LatentPreview> => {
  const found = fitted.get(model);
  if (found) return found;
  const made = fit(model);
  fitted.set(model, made);
  made.catch(() => fitted.delete(model));
  return made;
};
