// How large the pictures are that a model of SDXL's family draws best, told before anything of it is opened.
import { isSdxl } from './model-kind.ts';
import { unetValuesAt } from './unet-values.ts';

const LATENT = 8; // pixels of a latent's side, as diffusers counts a U-Net's `sample_size`
const BASE = 128; // latents: SDXL is trained at about a million pixels
const [LEAST, MOST] = [8, 512]; // latents: 64 to 4096 pixels, what --size takes

/**
 * Pixels of the side that a model of SDXL's family is made for: `sample_size` of its U-Net's config (SDXL 128, Turbo 64), else 1024.
 * Undefined for other families, and where nothing can be read.
 * @param path and `configs` as of `unetValuesAt`
 */
export const sdxlSide = async (path: string, configs?: string): Promise<number | undefined> => {
  const values = await unetValuesAt(path, configs);
  if (!values || !isSdxl(values)) return undefined;
  const { sample_size: size } = values;
  const fits = typeof size === 'number' && Number.isInteger(size) && size >= LEAST && size <= MOST;
  return LATENT * (fits ? size : BASE);
};
