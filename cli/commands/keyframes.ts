// `rerender keyframes INPUT`: only the key frames, as PNGs and a contact sheet.
import type { Command } from 'commander';
import { UsageError } from '../../config/errors.ts';
import { keyframes } from '../../pipeline/index.ts';
import { perform, type RunFlags } from '../perform.ts';

export const drawKeyframes = async (input: string | undefined, flags: RunFlags, command: Command): Promise<void> => {
  await perform(flags, command, (context, configInput) => {
    const clip = input ?? configInput;
    if (clip === undefined)
      throw new UsageError('No input: give a clip, e.g. rerender keyframes clip.mp4 --style "an oil painting" -o keys.');
    return keyframes({ input: clip, ...context });
  });
};
