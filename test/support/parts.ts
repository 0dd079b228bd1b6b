// What runs left in a work folder, whichever clip's shelf it lies on.
import { existsSync, readdirSync } from 'node:fs';
import { basename, join, relative } from 'node:path';

/** Every file below a folder; none where there is no folder. */
export const filesBelow = (folder: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter(entry => entry.isFile())
        .map(entry => join(entry.parentPath, entry.name))
    : [];

/** Whole parts of these steps. */
export const partsIn = (work: string, ...steps: readonly string[]): string[] =>
  filesBelow(work).filter(file => steps.includes(basename(join(file, '..'))) && !file.includes('.part'));

/** The paths below a work folder, sorted: two runs that leave the same parts leave the same names. */
export const namesIn = (work: string): string[] =>
  filesBelow(work)
    .map(file => relative(work, file))
    .sort();
