// What a model draws, told from its folder before anything of it is opened.
import { join } from 'node:path';
import { readConfig } from '../networks/config.ts';

/** `video` models denoise all frames of a clip together (UNet3DConditionModel). */
export type ModelKind = 'image' | 'video';

/** The kind that a U-Net's config names; every class that is not known counts as `image`, and is refused where it is read. */
export const kindOf = (unet: Readonly<Record<string, unknown>>): ModelKind =>
  unet._class_name === 'UNet3DConditionModel' ? 'video' : 'image';

/** Whether a U-Net's config is of SDXL's family: it reads pooled text and sizes. */
export const isSdxl = (unet: Readonly<Record<string, unknown>>): boolean => unet.addition_embed_type === 'text_time';

/** The kind of a model folder; `image` where it cannot be told, so that opening it says what is wrong. */
export const modelKind = (folder: string): Promise<ModelKind> =>
  readConfig(join(folder, 'unet')).then(
    ({ values }) => kindOf(values),
    () => 'image',
  );
