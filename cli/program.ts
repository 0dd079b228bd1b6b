// The command line: the table of commands, walked over commander.
import { Command } from 'commander';
import { packageVersion } from '../config/paths.ts';
import { build } from './build.ts';
import { COMMAND_NAMES, ROOT } from './commands.ts';
import type { HelpContext } from './flags.ts';

const EXIT_CODES =
  '0 done, 1 failure (of several clips: at least one), 2 wrong usage, ' +
  '3 something is missing (ffmpeg, model, device), 4 unusable input, 129/130/143 ended by a signal';

const EXAMPLES = `
Examples:
  $ rerender clip.mp4 --style "a watercolor painting"
  $ rerender clip.mp4 --preset comic --frames 0-47 -o comic.mp4
  $ rerender preview clip.mp4
  $ rerender clips/ --preset comic -o results/        every video of a folder; the same command goes on after Ctrl-C
  $ rerender presets clip.mp4 --at 0.5 --only pencil,comic --style "a chalk drawing" -o sheet.png
  $ rerender clip.mp4 --preset comic --mix 0.5                        half as strong, without drawing anew
  $ rerender clip.mp4 --preset comic --only 0.2-0.6 --only-fade 0.1   only this part; the rest stays as it is

Commands: ${COMMAND_NAMES.join(', ')}; \`rerender COMMAND --help\` tells more.
Exit codes: ${EXIT_CODES}.`;

export const makeProgram = (context: HelpContext): Command => {
  const program = new Command(ROOT.name)
    .version(packageVersion(), '--version', 'print the version')
    .helpOption('-h, --help', 'print this help; --help-all prints every option')
    .helpCommand(false)
    .enablePositionalOptions()
    .allowExcessArguments()
    .configureHelp({ helpWidth: 120, subcommandTerm: c => c.name() })
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'rerender: ')) }) // as all other errors
    .addHelpText('after', EXAMPLES);
  return build(program, ROOT, context);
};
