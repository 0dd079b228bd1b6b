// The example clip, as a copy in a folder of its own: results of other runs that lie beside the original are not met.
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../config/paths.ts';
import { temporaryFolder } from './temporary.ts';

/** Copies the example clip; the folder goes at the end of the test file. */
export const exampleClip = (): string => {
  const clip = join(temporaryFolder(), 'lakeside.mp4');
  copyFileSync(join(packageRoot, 'examples', 'lakeside.mp4'), clip);
  return clip;
};
