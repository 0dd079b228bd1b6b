// How large the pictures are that a model of SDXL's family draws best, told before anything of it is opened.
import { isSdxl } from './model-kind.ts';
import { modelSigns } from './model-signs.ts';

const LATENT = 8; // pixels of a latent's side, as diffusers counts a U-Net's `sample_size`
const BASE = 128; // latents: SDXL is trained at about a million pixels
const [LEAST, MOST] = [8, 512]; // latents: 64 to 4096 pixels, what --size takes

const fits = (latents: unknown): latents is number =>
  typeof latents === 'number' && Number.isInteger(latents) && latents >= LEAST && latents <= MOST;

/**
 * Pixels of the side that a model of SDXL's family is made for: `sample_size` of its U-Net's config (SDXL 128, Turbo 64), the resolution
 * in a file's metadata, else 1024. Undefined for other families, and where nothing can be read.
 * @param path and `configs` as of `modelSigns`
 */
export const sdxlSide = async (path: string, configs?: string): Promise<number | undefined> => {
  const { unet, marks } = await modelSigns(path, configs);
  if (!unet || !isSdxl(unet)) return undefined;
  return LATENT * ([unet.sample_size, (marks.side ?? 0) / LATENT].find(fits) ?? BASE);
};
