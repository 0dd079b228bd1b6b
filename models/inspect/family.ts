// Which family a model is of, by its U-Net's config.
import { isSdxl, kindOf } from '../open/model-kind.ts';
import { modelSigns } from '../open/model-signs.ts';

export type Family = 'stable-diffusion-1' | 'stable-diffusion-2' | 'sdxl' | 'text-to-video';

/** The family that a U-Net's config is of, or has the shape of. */
export const familyOf = (values: Readonly<Record<string, unknown>>): Family => {
  if (kindOf(values) === 'video') return 'text-to-video';
  if (isSdxl(values)) return 'sdxl';
  return values.use_linear_projection === true ? 'stable-diffusion-2' : 'stable-diffusion-1';
};

/**
 * The family of a model folder or file; undefined where it has no U-Net that can be read. Headers and configs alone are read.
 * @param path and `configs` as of `modelSigns`
 */
export const familyAt = async (path: string, configs?: string): Promise<Family | undefined> => {
  const { unet } = await modelSigns(path, configs);
  return unet && familyOf(unet);
};
