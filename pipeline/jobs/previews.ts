// Writes drawn key frames as PNGs into a folder, with a contact sheet at the end.
import { mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { UsageError } from '../../config/errors.ts';
import { contactSheetPng } from '../../media/contact-sheet.ts';
import { reasonOf } from '../../media/disk-error.ts';
import type { Picture } from '../../media/frame.ts';
import { pngBytes, readPicture, shrinkPicture } from '../../media/picture.ts';
import { writeWhole } from '../../media/whole-file.ts';

export type Previews = {
  /** Writes one key frame, asking for its picture; returns its file, or undefined when no folder was asked for. */
  keyframe(frame: number, picture: () => Promise<Picture>): Promise<string | undefined>;
  /** Writes the contact sheet of all key frames. */
  finish(): Promise<void>;
};

export const NO_PREVIEWS: Previews = { keyframe: async () => undefined, finish: async () => undefined };

/** Pictures of the contact sheet are at most this wide, and it shows at most so many, evenly chosen. */
const THUMBNAIL = 320;
const MOST = 60;

const SHEET = 'contact-sheet.png';

/**
 * Opens a folder for key frames. A run that was interrupted leaves its key frames there and no contact sheet; given again it finds them as
 * it would write them and goes on. A folder with a contact sheet is finished: it stays as it is unless `overwrite`, and so does every
 * other picture.
 * @throws UsageError when the folder cannot be made, or holds what may not be replaced
 */
export const openPreviews = async (folder: string | undefined, { overwrite }: { readonly overwrite: boolean }): Promise<Previews> => {
  if (folder === undefined) return NO_PREVIEWS;
  await mkdir(folder, { recursive: true }).catch(async cause => {
    const there = await stat(folder).catch(() => undefined);
    throw new UsageError(`The folder ${folder} ${there ? 'is a file' : `cannot be made (${reasonOf(cause)})`}: name another one.`, {
      cause,
    });
  });
  if (!overwrite && (await readdir(folder)).includes(SHEET)) {
    throw new UsageError(`The folder ${folder} holds key frames already: give -y to replace them, or name another folder.`);
  }
  const files: { frame: number; file: string }[] = [];
  return {
    keyframe: async (frame, picture) => {
      const file = join(folder, `keyframe-${String(frame).padStart(6, '0')}.png`);
      await writeWhole(file, await pngBytes(await picture()), { overwrite });
      files.push({ frame, file });
      return file;
    },
    finish: async () => {
      const sorted = files.sort((a, b) => a.frame - b.frame);
      const step = Math.max(1, sorted.length / MOST);
      const chosen = sorted.filter((_, i) => Math.floor(i / step) !== Math.floor((i - 1) / step));
      const cells = await Promise.all(
        chosen.map(async ({ frame, file }) => ({
          label: `frame ${frame}`,
          picture: await shrinkPicture(await readPicture(file), THUMBNAIL),
        })),
      );
      await writeWhole(join(folder, SHEET), await contactSheetPng(cells), { overwrite });
    },
  };
};
