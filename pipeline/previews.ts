// Writes drawn key frames as PNGs into a folder, with a contact sheet at the end.
import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { UsageError } from '../config/errors.ts';
import { contactSheet } from '../media/contact-sheet.ts';
import type { Picture } from '../media/frame.ts';
import { readPicture, shrinkPicture, writePng } from '../media/picture.ts';

export type Previews = {
  /** Writes one key frame; returns its file, or undefined when no folder was asked for. */
  keyframe(frame: number, picture: Picture): Promise<string | undefined>;
  /** Writes the contact sheet of all key frames. */
  finish(): Promise<void>;
};

const NONE: Previews = { keyframe: async () => undefined, finish: async () => undefined };

/** Pictures of the contact sheet are at most this wide, and it shows at most so many, evenly chosen. */
const THUMBNAIL = 320;
const MOST = 60;

/** @throws UsageError when the folder cannot be made */
export const openPreviews = async (folder: string | undefined): Promise<Previews> => {
  if (folder === undefined) return NONE;
  await mkdir(folder, { recursive: true }).catch(async cause => {
    const exists = await stat(folder).then(
      () => true,
      () => false,
    );
    throw new UsageError(`The folder ${folder} ${exists ? 'is a file' : 'cannot be made'}: name another one.`, { cause });
  });
  const files: { frame: number; file: string }[] = [];
  return {
    keyframe: async (frame, picture) => {
      const file = join(folder, `keyframe-${String(frame).padStart(6, '0')}.png`);
      await writePng(file, picture);
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
      await contactSheet(join(folder, 'contact-sheet.png'), cells);
    },
  };
};
