// Four small key frames through the pipeline, drawn as often as a test file needs them.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readPicture } from '../../media/picture.ts';
import { keyframes, type PartialOptions } from '../../pipeline/index.ts';
import { exampleClip } from '../support/example.ts';
import { partsIn } from '../support/parts.ts';

/** Twelve frames of the example, with key frames that are tied in every way. */
export const FEW: PartialOptions & { input: string } = {
  input: exampleClip(),
  style: 'an oil painting',
  ...{ size: 64, steps: 5, strength: 0.8, cfgScale: 1.5, interval: 4, frames: [0, 11] },
  ...{ warpPeriod: [0, 0.5], maskPeriod: [0.4, 0.9], adaPeriod: [0.8, 1] },
};

/** Draws into new folders in `folder` and keeps the parts of all runs in one. */
export const drawFew = (folder: string) => {
  const work = join(folder, 'work');
  let runs = 0;
  return {
    work,
    /** The pixels of a run's key frames, by frame. */
    draw: async (changed: PartialOptions & { input?: string } = {}): Promise<Record<string, Buffer>> => {
      const output = join(folder, `run-${runs++}`);
      await keyframes({ ...FEW, output, workDir: work, ...changed });
      const files = readdirSync(output).filter(name => name.startsWith('keyframe-'));
      return Object.fromEntries(
        await Promise.all(files.map(async name => [name.slice(9, 15), Buffer.from((await readPicture(join(output, name))).data)] as const)),
      );
    },
    /** Files of the steps that are left in the folder of parts. */
    left: (...steps: readonly string[]): string[] => partsIn(work, ...steps),
  };
};
