// Pictures that are dropped on the page. They lie beside the clip, so that the command that the page gives finds them later, too.
import { createHash } from 'node:crypto';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { MediaError } from '../../media/errors.ts';
import { isTransparent, readPicture } from '../../media/picture.ts';
import { openWhole } from '../../media/whole-file.ts';
import { Refused } from '../http/refuse.ts';

/** Formats that are taken: the endings that their names get, and how their files begin, in hexadecimal digits. */
const FORMATS: readonly (readonly [ending: string, begins: RegExp])[] = [
  ['png', /^89504e470d0a1a0a/],
  ['jpg', /^ffd8ff/],
  ['webp', /^52494646.{8}57454250/],
];

const NAME = /^([0-9a-f]{24})\.(?:png|jpg|webp)$/;

export type Uploads = {
  /** Keeps a picture, and says by which id pages name it. @throws Refused with 415 or 422 for what cannot stand for a frame */
  add(bytes: Buffer): Promise<{ readonly id: string }>;
  /** Where the picture of an id lies; undefined where it is gone. */
  pathOf(id: string): Promise<string | undefined>;
  /** The id of a picture that lies here; undefined for others. */
  idOf(path: string): string | undefined;
};

const endingOf = (bytes: Buffer): string => {
  const head = bytes.subarray(0, 16).toString('hex');
  const format = FORMATS.find(([, begins]) => begins.test(head));
  if (format) return format[0];
  throw new Refused(415, 'That file is no PNG, JPEG or WebP picture: save it as one of these first.');
};

/** @throws Refused with 422 */
const check = async (path: string, maxPixels: number): Promise<void> => {
  const refused = (why: string) => new Refused(422, `That picture cannot stand for a frame: ${why}.`);
  await readPicture(path, { maxPixels }).catch(error => {
    // The name is that of the copy, which goes.
    throw refused(
      error instanceof MediaError && error.code !== 'PICTURE_FORMAT' ? `it has more than ${maxPixels} pixels` : 'it is damaged',
    );
  });
  if (await isTransparent(path, { maxPixels }))
    throw refused('parts of it are transparent, and a frame has nothing behind it: flatten it first');
};

/** @param input the clip's file: pictures lie in the folder `INPUT.pictures`, which the first one makes */
export const openUploads = (input: string, maxPixels: () => Promise<number>): Uploads => {
  const folder = `${input}.pictures`;
  const names = (): Promise<string[]> => readdir(folder).catch(() => []);
  let last: Promise<unknown> = Promise.resolve();
  const write = async (bytes: Buffer): Promise<{ readonly id: string }> => {
    const ending = endingOf(bytes);
    const id = createHash('sha256').update(bytes).digest('hex').slice(0, 24);
    const name = `${id}.${ending}`;
    if ((await names()).includes(name)) return { id };
    await mkdir(folder, { recursive: true }).catch(cause => {
      throw new Refused(
        422,
        `The folder ${basename(folder)} beside the clip cannot be made (${cause.code}): give the picture with --keyframe.`,
      );
    });
    const file = await openWhole(join(folder, name), { overwrite: true });
    try {
      await writeFile(file.path, bytes);
      await check(file.path, await maxPixels());
    } catch (error) {
      await file.discard();
      throw error;
    }
    await file.commit();
    return { id };
  };
  return {
    add: bytes => {
      const written = last.then(() => write(bytes)); // one picture at a time is decoded
      last = written.catch(() => undefined);
      return written;
    },
    pathOf: async id => {
      const name = (await names()).find(one => NAME.exec(one)?.[1] === id);
      return name === undefined ? undefined : join(folder, name);
    },
    idOf: path => (path === join(folder, basename(path)) ? NAME.exec(basename(path))?.[1] : undefined),
  };
};
