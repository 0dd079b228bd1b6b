// How far a drawing is, as a small picture.
import type { Picture } from '../../media/frame.ts';
import { splitFrames } from '../../models/denoise/join-frames.ts';
import type { DiffusionModel } from '../../models/diffusion-model.ts';
import type { Tensor } from '../../models/tensor.ts';
import { latentPreview } from '../../stages/pictures/latent-preview.ts';

/** @param look the predicted clean latent, [1, c, h, w]; of a clip, [1, c, f, h, w], its first frame is shown */
export const stepPicture = async (model: DiffusionModel, look: () => Promise<unknown>): Promise<Picture> => {
  const latent = (await look()) as Tensor;
  const preview = await latentPreview(model);
  return preview(latent.dims.length === 5 ? splitFrames(latent)[0]! : latent);
};
