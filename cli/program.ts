// The commands of `rerender` and their arguments.
import { Command } from 'commander';
import { packageVersion } from '../config/paths.ts';
import { showBenchKeyframes } from './commands/bench-keyframes.ts';
import { runBenchModel } from './commands/bench-model.ts';
import { runBenchPropagation } from './commands/bench-propagation.ts';
import { showConfig } from './commands/config.ts';
import { showDoctor } from './commands/doctor.ts';
import { GENERATE_OPTIONS, GENERATE_WORDING, generate } from './commands/generate.ts';
import { drawKeyframes } from './commands/keyframes.ts';
import { measureClips } from './commands/metrics.ts';
import { getModel } from './commands/models-get.ts';
import { inspectCommand } from './commands/models-inspect.ts';
import { listModels } from './commands/models-list.ts';
import { showPresets } from './commands/presets.ts';
import { rerenderClip } from './commands/rerender.ts';
import { addOptions } from './flags.ts';

const EXAMPLES = `
Examples:
  $ rerender clip.mp4 --style "a watercolor painting"
  $ rerender clip.mp4 --preset comic --frames 0-47 -o comic.mp4

Commands: keyframes, generate, metrics, bench, models, doctor, presets, config; \`rerender COMMAND --help\` tells more.
Exit codes: 0 done, 1 failure, 2 wrong usage, 3 something is missing (ffmpeg, model, device), 4 unusable input, 129/130/143 ended by a signal.`;

/** How a command tells what it does. */
const addReportFlags = (command: Command): Command =>
  command
    .optionsGroup('Terminal:')
    .option('--json', 'events as JSON lines on stdout')
    .option('-q, --quiet', 'say nothing but warnings and errors')
    .option('-v, --verbose', 'say where errors come from');

/** Options of the command line itself; the library has none of them. */
const addRunFlags = (command: Command): Command =>
  addReportFlags(
    command.optionsGroup('Terminal:').option('--config <file>', 'JSON of options, or of Rerender A Video; default ./rerender.config.json'),
  );

/** @param all show advanced options in --help, too */
export const makeProgram = (all: boolean): Command => {
  const program = new Command('rerender')
    .description('Re-renders a video in the style a prompt describes: every frame, with sound and timing, consistent over time.')
    .usage('INPUT --style PROMPT [options]')
    .argument('[input]', 'the clip')
    .version(packageVersion(), '--version', 'print the version')
    .helpOption('-h, --help', 'print this help; --help-all prints every option')
    .helpCommand(false)
    .enablePositionalOptions()
    .configureHelp({ helpWidth: 120, subcommandTerm: c => c.name() })
    .addHelpText('after', EXAMPLES)
    .exitOverride();
  addOptions(program, 'every', all);
  addRunFlags(program).option('--dry-run', 'print the plan and stop');
  program.action(rerenderClip);

  const keyframes = program
    .command('keyframes', { hidden: true })
    .description('Draws only the key frames: PNGs and a contact sheet in a folder.')
    .argument('[input]', 'the clip');
  keyframes.usage('INPUT --style PROMPT -o FOLDER [options]').exitOverride();
  addRunFlags(addOptions(keyframes, 'every', all)).action(drawKeyframes);

  const metrics = program
    .command('metrics', { hidden: true })
    .description('Measures a result against its source: warp error, flicker, structure, sharpness, drift.')
    .argument('<source>', 'the clip')
    .argument('<output>', 'the same clip, re-rendered')
    .optionsGroup('Report:')
    .option('--per-frame', 'print a line a frame, too')
    .option('--plot <file>', 'draw the measures over time into this SVG file')
    .option('-y, --overwrite', 'replace an existing plot');
  addOptions(
    metrics,
    ['start', 'end', 'duration', 'frames', 'size', 'interval', 'intervalMin', 'intervalMax', 'jobs', 'ffmpeg', 'ffprobe'],
    true,
  );
  metrics
    .optionsGroup('Terminal:')
    .option('--json', 'the report as JSON on stdout')
    .option('-q, --quiet', 'say nothing but the report, warnings and errors')
    .option('-v, --verbose', 'say where errors come from')
    .exitOverride()
    .action(measureClips);

  addRunFlags(
    addOptions(
      program
        .command('generate', { hidden: true })
        .description('Draws pictures from words, or a clip with a model of clips (ModelScope text-to-video).')
        .usage('--prompt PROMPT -o picture.png [--model FOLDER] [options]'),
      GENERATE_OPTIONS,
      all,
      GENERATE_WORDING,
    ),
  )
    .exitOverride()
    .action(generate);
  addRunFlags(
    addOptions(
      program.command('doctor', { hidden: true }).description('Tells what this machine has and lacks.'),
      ['ffmpeg', 'ffprobe', 'model', 'device', 'workDir'],
      true,
    ),
  )
    .exitOverride()
    .action(showDoctor);
  addRunFlags(
    addOptions(
      program.command('config', { hidden: true }).description('Prints every option with its value and where it comes from.'),
      'every',
      all,
    ),
  )
    .exitOverride()
    .action(showConfig);
  program
    .command('presets', { hidden: true })
    .description('Lists the named styles.')
    .option('--json', 'as JSON')
    .exitOverride()
    .action(showPresets);
  const models = program
    .command('models', { hidden: true })
    .description('The models on this machine, and how more get here.')
    .exitOverride();
  models
    .command('list')
    .description('Lists the embedded model and those in the cache of the model hub.')
    .option('--json', 'as JSON')
    .exitOverride()
    .action(listModels);
  models
    .command('inspect')
    .description('Tells what a model folder or a file of weights is, holds and lacks; nothing is run.')
    .argument('<path>', 'folder, file, or id of a model of the hub that was downloaded')
    .option('--json', 'as JSON')
    .exitOverride()
    .action(inspectCommand);
  addReportFlags(
    models
      .command('get')
      .description('Downloads what is needed of a model of the hub; goes on where it was interrupted. Prints its folder.')
      .argument('<id>', 'OWNER/NAME')
      .option('--variant <word>', 'weights of this kind, e.g. fp16 (half the size)')
      .option(
        '--file <name>',
        'take this file alone, e.g. a checkpoint; repeatable',
        (file: string, earlier: string[]) => [...earlier, file],
        [],
      )
      .option('--revision <name>', 'branch, tag or commit')
      .exitOverride(),
  ).action(getModel);
  const bench = program.command('bench', { hidden: true }).description('Measures parts of the program on this machine.').exitOverride();
  bench
    .command('propagation')
    .description('Measures propagation on a clip, whose own frames serve as key frames: time, memory, steadiness.')
    .argument('[clip]', 'a clip; default: the example')
    .option('--size <n>', 'shorter side that frames are worked at, pixels; default as in a run')
    .option('--interval <n>', 'frames from one key frame to the next', '10')
    .option('--intervals <n>', 'intervals from the start of the clip', '2')
    .option('--propagate <tier>', 'patch, warp or faithful; default as in a run')
    .option('--poisson', 'with screened Poisson fusion')
    .option('-j, --jobs <n>', 'worker threads; default: one a core')
    .option('--json', 'as JSON')
    .exitOverride()
    .action(runBenchPropagation);
  bench
    .command('model')
    .description('Measures a model: opening, a denoising step, encoding and decoding, memory.')
    .argument('[path]', "folder, file or id; default: random weights of Stable Diffusion 1.5's shapes (writes 4.3 GB for the time)")
    .option('--size <n>', 'sides of the picture, pixels', '512')
    .option('--device <name>', 'auto, cpu, cuda[:n], webgpu, dml or coreml')
    .option('--threads <n>', 'threads of the CPU device')
    .option('--json', 'as JSON')
    .exitOverride()
    .action(runBenchModel);
  bench
    .command('keyframes')
    .description("Counts the denoising steps of key frames against the published algorithm's, for the same result.")
    .option('--json', 'as JSON')
    .exitOverride()
    .action(showBenchKeyframes);
  return program;
};
