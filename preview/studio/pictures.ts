// Pictures that pages ask for by what they hold, the latest of them.
import { createHash } from 'node:crypto';
import type { Picture } from '../../media/frame.ts';
import { pngBytes } from '../../media/picture.ts';
import type { Difference, PictureInfo } from '../api.ts';

const MOST = 96 * 2 ** 20; // bytes of files

export type Pictures = {
  add(picture: Picture): Promise<PictureInfo>;
  /** Keeps a file as it is, under an id of its bytes. */
  keep(bytes: Buffer): string;
  file(id: string): Buffer | undefined;
};

const idOf = ({ width, height, data }: Picture): string =>
  createHash('sha256').update(`${width}x${height}`).update(data).digest('hex').slice(0, 24);

export const openPictures = (): Pictures => {
  const files = new Map<string, Buffer>();
  let bytes = 0;
  const set = (id: string, file: Buffer): void => {
    const earlier = files.get(id);
    if (earlier && files.delete(id)) bytes -= earlier.length;
    files.set(id, file); // now the youngest
    bytes += file.length;
    for (const [oldest, { length }] of files) {
      if (bytes <= MOST || oldest === id) break;
      files.delete(oldest);
      bytes -= length;
    }
  };
  return {
    add: async picture => {
      const id = idOf(picture);
      set(id, files.get(id) ?? (await pngBytes(picture)));
      return { id, width: picture.width, height: picture.height };
    },
    keep: file => {
      const id = createHash('sha256').update(file).digest('hex').slice(0, 24);
      set(id, file);
      return id;
    },
    file: id => files.get(id),
  };
};

/** How far two pictures of one size are apart. */
export const differenceOf = (a: Picture, b: Picture): Difference => {
  let sum = 0;
  let most = 0;
  for (let i = 0; i < a.data.length; i++) {
    const apart = Math.abs(a.data[i]! - b.data[i]!);
    sum += apart;
    if (apart > most) most = apart;
  }
  return { mean: sum / a.data.length, most };
};
