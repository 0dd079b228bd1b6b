// Where the files of one graph lie together: onnxruntime takes external weights from below one folder.
import path, { type PlatformPath } from 'node:path';

/** The deepest folder above all of some absolute paths: '' for none of them, undefined when they lie on different drives. */
export const commonFolder = (files: readonly string[], { dirname, relative, isAbsolute }: PlatformPath = path): string | undefined => {
  const holds = (folder: string, file: string): boolean => {
    const way = relative(folder, file);
    return !isAbsolute(way) && !/^\.\.(?![^\\/])/.test(way);
  };
  let folder = files[0] === undefined ? '' : dirname(files[0]);
  while (!files.every(file => holds(folder, file))) {
    if (dirname(folder) === folder) return undefined;
    folder = dirname(folder);
  }
  return folder;
};
