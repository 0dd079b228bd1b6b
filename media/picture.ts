// Still pictures in files; the only importer of sharp beside the contact sheet.
import sharp, { type Sharp } from 'sharp';
import type { Picture } from './frame.ts';
import { writeWhole } from './whole-file.ts';

const raw = ({ width, height, data }: Picture) => sharp(data, { raw: { width, height, channels: 3 } });

const toPicture = async (image: Sharp): Promise<Picture> => {
  const { data, info } = await image.removeAlpha().toColourspace('srgb').raw().toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data };
};

/** Reads a picture file as RGB24, upright. */
export const readPicture = (path: string): Promise<Picture> => toPicture(sharp(path).rotate());

/** Reads a picture file as RGB24, upright, stretched to a size. */
export const readPictureAt = (path: string, { width, height }: { readonly width: number; readonly height: number }): Promise<Picture> =>
  toPicture(sharp(path).rotate().resize(width, height, { fit: 'fill' }));

/** Writes a PNG whole; what stood there is replaced. */
export const writePng = async (path: string, picture: Picture): Promise<void> =>
  writeWhole(path, await pngBytes(picture), { overwrite: true });

/** The picture at most `width` pixels wide. */
export const shrinkPicture = (picture: Picture, width: number): Promise<Picture> =>
  picture.width <= width ? Promise.resolve(picture) : toPicture(raw(picture).resize({ width }));

/** A PNG in memory. */
export const pngBytes = (picture: Picture): Promise<Buffer> => raw(picture).png().toBuffer();

/** The picture scaled until it covers a size, and cut to it around its middle. */
export const coverPicture = (picture: Picture, width: number, height: number): Promise<Picture> =>
  picture.width === width && picture.height === height
    ? Promise.resolve(picture)
    : toPicture(raw(picture).resize({ width, height, fit: 'cover', position: 'centre' }));
