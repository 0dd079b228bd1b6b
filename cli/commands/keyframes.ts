// `rerender keyframes INPUT`: only the key frames, as PNGs and a contact sheet.
import { UsageError } from '../../config/errors.ts';
import { command } from '../command.ts';
import { RUN_FLAGS } from '../common-flags.ts';
import { perform, type RunFlags } from '../perform.ts';

export const keyframesCommand = command<RunFlags>({
  name: 'keyframes',
  summary: 'Draws only the key frames: PNGs and a contact sheet in a folder.',
  usage: 'INPUT --style PROMPT -o FOLDER [options]',
  positionals: [{ name: '[input]', help: 'the clip' }],
  jobs: ['keyframes'],
  wording: { output: { help: 'the folder for the PNGs; without it INPUT.keyframes' } },
  flags: { Terminal: RUN_FLAGS },
  run: ({ positionals: [input], flags, layer }) =>
    perform(flags, layer, async (context, configInput) => {
      const clip = input ?? configInput;
      if (clip === undefined)
        throw new UsageError('No input: give a clip, e.g. rerender keyframes clip.mp4 --style "an oil painting" -o keys.');
      const { keyframes } = await import('../../pipeline/index.ts');
      return keyframes({ input: clip, ...context });
    }),
});
