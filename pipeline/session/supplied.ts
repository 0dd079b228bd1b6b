// The pictures of the user's that stand among the key frames: found, checked before anything is drawn, and read when their step runs.
import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { UsageError } from '../../config/errors.ts';
import type { Options } from '../../config/options.ts';
import type { Place } from '../../config/place.ts';
import { frameOfFile, parseKeyframe } from '../../config/supplied.ts';
import { MediaError } from '../../media/errors.ts';
import { coverPicture, isTransparent, readPicture, readPictureAt } from '../../media/picture.ts';
import { guardFile } from '../../media/same-file.ts';
import type { Size } from '../../media/size.ts';
import type { SuppliedPictures } from '../steps/held.ts';
import { fileDigest } from './digest.ts';

/** The options that name pictures. */
export type SuppliedOptions = Pick<Options, 'keyframe' | 'keyframes' | 'anchorImage' | 'maxPixels'>;

/** A picture, and the option that names it, for messages. `place` is absent for the anchor of every shot. */
type Named = { readonly flag: string; readonly path: string; readonly place?: Place };

/** A picture that can be read, upright, in pixels. */
export type FoundPicture = Named & Size & { readonly digest: string };

const inFolder = async (folder: string): Promise<Named[]> => {
  const flag = `--keyframes ${folder}`;
  const names = await readdir(folder).catch(async cause => {
    const isFile = await stat(folder).then(
      entry => !entry.isDirectory(),
      () => false,
    );
    throw new UsageError(
      isFile
        ? `${flag} is a file: name a folder, or write --keyframe FRAME=${folder}.`
        : `There is no folder ${flag}: \`rerender keyframes\` makes one.`,
      { cause },
    );
  });
  const files = names.flatMap((name): Named[] => {
    const frame = frameOfFile(name);
    return frame === undefined ? [] : [{ flag: `--keyframes ${join(folder, name)}`, path: join(folder, name), place: { frame } }];
  });
  if (files.length > 0) return files;
  throw new UsageError(`${flag} holds no picture of a key frame: names are keyframe-000010.png, as \`rerender keyframes\` writes them.`);
};

/** What the options name, in no order. @throws UsageError */
const namedBy = async ({ keyframe, keyframes, anchorImage }: SuppliedOptions): Promise<Named[]> => [
  ...keyframe.map(value => ({ flag: `--keyframe ${value}`, ...parseKeyframe(value) })),
  ...(keyframes === undefined ? [] : await inFolder(keyframes)),
  ...(anchorImage === undefined ? [] : [{ flag: `--anchor-image ${anchorImage}`, path: anchorImage }]),
];

const look = async ({ flag, path, ...rest }: Named, maxPixels: number): Promise<FoundPicture> => {
  const guard = await guardFile(path);
  const fail = (code: string, message: string, cause?: unknown) => new MediaError(code, `${flag}: ${message}`, { cause });
  const read = async (): Promise<Size & { readonly clear: boolean }> => {
    const { width, height } = await readPicture(path, { maxPixels });
    return { width, height, clear: await isTransparent(path, { maxPixels }) };
  };
  const { clear, ...size } = await read().catch(cause => {
    if (cause instanceof MediaError) throw fail(cause.code, cause.message, cause);
    throw fail('KEYFRAME_UNREADABLE', `it is no picture that can be read (${(cause as Error).message}).`, cause);
  });
  if (clear) throw fail('KEYFRAME_TRANSPARENT', 'parts of it are transparent, and a key frame has nothing behind it: flatten it first.');
  const digest = await fileDigest(path);
  await guard.check();
  return { flag, path, ...rest, ...size, digest };
};

const unchanged = async (path: string): Promise<string> => {
  const { ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
  return [resolve(path), ino, size, mtimeNs, ctimeNs].join(' ');
};

export type Supplied = {
  /** The pictures that the options name, each looked at once as long as its file stays the same. @throws UsageError, MediaError */
  find(options: SuppliedOptions): Promise<readonly FoundPicture[]>;
  /** For the steps of a plan that these options are the session's for. */
  pictures(options: SuppliedOptions): SuppliedPictures;
};

export const openSupplied = (): Supplied => {
  const looked = new Map<string, Promise<FoundPicture>>();
  const lookOnce = async (named: Named, maxPixels: number): Promise<FoundPicture> => {
    const file = await unchanged(named.path).catch(() => undefined); // what is missing is told by name
    if (file === undefined) return look(named, maxPixels);
    const id = JSON.stringify([named.flag, file, maxPixels]);
    const found = looked.get(id) ?? look(named, maxPixels);
    looked.set(id, found);
    found.catch(() => looked.delete(id));
    return found;
  };
  const find: Supplied['find'] = async options => Promise.all((await namedBy(options)).map(named => lookOnce(named, options.maxPixels)));
  const at = async (options: SuppliedOptions, digest: string, size: Size, cut: boolean) => {
    const picture = (await find(options)).find(one => one.digest === digest);
    if (!picture) {
      throw new MediaError(
        'KEYFRAME_GONE',
        'a picture that the plan has for a key frame is not among those of this session, or has changed since: ' +
          'name it with --keyframe, --keyframes or --anchor-image, or make the plan anew.',
      );
    }
    const { path } = picture;
    const guard = await guardFile(path);
    const limits = { maxPixels: options.maxPixels };
    const value = cut
      ? await coverPicture(await readPicture(path, limits), size.width, size.height)
      : await readPictureAt(path, size, limits);
    await guard.check();
    return value;
  };
  return { find, pictures: options => ({ at: (digest, size, cut) => at(options, digest, size, cut) }) };
};
