// Still pictures in files; the only importer of sharp beside the contact sheet.
import sharp, { type Sharp } from 'sharp';
import { MediaError } from './errors.ts';
import type { Picture } from './frame.ts';
import { checkInputFile } from './input-file.ts';
import { checkPixels, DEFAULT_LIMITS } from './limits.ts';
import { writeWhole } from './whole-file.ts';

const raw = ({ width, height, data }: Picture) => sharp(data, { raw: { width, height, channels: 3 } });

const toPicture = async (image: Sharp): Promise<Picture> => {
  const { data, info } = await image.removeAlpha().toColourspace('srgb').raw().toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data };
};

/** How a picture file is read. */
export type ReadOptions = {
  /** Pixels of the largest picture that is read; default 100 megapixels. */
  readonly maxPixels?: number | undefined;
};

/** Formats that hold their pixels themselves; SVG and PDF may name other files. */
const FORMATS: readonly string[] = ['jpeg', 'png', 'webp', 'gif', 'tiff', 'heif', 'avif', 'jp2', 'jxl', 'ppm', 'exr', 'fits'];

/** A picture file, its size checked before anything of it is decoded. */
const opened = async (path: string, { maxPixels = DEFAULT_LIMITS.pixels }: ReadOptions): Promise<Sharp> => {
  await checkInputFile(path);
  const { width, height, format } = await sharp(path, { limitInputPixels: false }).metadata();
  if (!FORMATS.includes(format)) {
    throw new MediaError(
      'PICTURE_FORMAT',
      `${path} is of the format ${format}, which is drawn and not stored in pixels: save it as PNG first`,
    );
  }
  checkPixels(path, width, height, maxPixels);
  return sharp(path, { limitInputPixels: maxPixels }).rotate();
};

/** Reads a picture file as RGB24, upright. @throws MediaError for what is no file or too large; sharp's own for what is no picture */
export const readPicture = async (path: string, options: ReadOptions = {}): Promise<Picture> => toPicture(await opened(path, options));

/** Reads a picture file as RGB24, upright, stretched to a size. @throws as {@link readPicture} */
export const readPictureAt = async (
  path: string,
  { width, height }: { readonly width: number; readonly height: number },
  options: ReadOptions = {},
): Promise<Picture> => toPicture((await opened(path, options)).resize(width, height, { fit: 'fill' }));

/** Whether any pixel of a picture file lets through what is behind it. @throws as {@link readPicture} */
export const isTransparent = async (path: string, options: ReadOptions = {}): Promise<boolean> => {
  const picture = await opened(path, options);
  return (await picture.metadata()).hasAlpha && !(await picture.stats()).isOpaque;
};

/** Writes a PNG. It appears under its name when it is whole; what stood there is replaced. */
export const writePng = async (path: string, picture: Picture): Promise<void> =>
  writeWhole(path, await pngBytes(picture), { overwrite: true });

/** The picture at most `width` pixels wide, of the same shape; a narrower one as it is. */
export const shrinkPicture = (picture: Picture, width: number): Promise<Picture> =>
  picture.width <= width ? Promise.resolve(picture) : toPicture(raw(picture).resize({ width }));

/** The picture with each pixel `times` as wide and as high, a whole number. */
export const magnifyPicture = (picture: Picture, times: number): Promise<Picture> =>
  times === 1
    ? Promise.resolve(picture)
    : toPicture(raw(picture).resize(times * picture.width, times * picture.height, { kernel: 'nearest' }));

/** A picture as the bytes of a PNG file. */
export const pngBytes = (picture: Picture): Promise<Buffer> => raw(picture).png().toBuffer();

/** A picture as the bytes of a WebP file, lossy. @param quality 1..100 */
export const webpBytes = (picture: Picture, quality = 82): Promise<Buffer> => raw(picture).webp({ quality, effort: 2 }).toBuffer();

/** The picture scaled until it covers a size, and cut to it around its middle. */
export const coverPicture = (picture: Picture, width: number, height: number): Promise<Picture> =>
  picture.width === width && picture.height === height
    ? Promise.resolve(picture)
    : toPicture(raw(picture).resize({ width, height, fit: 'cover', position: 'centre' }));
