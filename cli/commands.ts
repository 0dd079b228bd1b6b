// Every command of the program.
import type { CommandSpec } from './command.ts';
import { benchCommand } from './commands/bench.ts';
import { cacheCommand } from './commands/cache.ts';
import { compareCommand } from './commands/compare.ts';
import { configCommand } from './commands/config.ts';
import { devicesCommand } from './commands/devices.ts';
import { doctorCommand } from './commands/doctor.ts';
import { generateCommand } from './commands/generate.ts';
import { jobsCommand } from './commands/jobs.ts';
import { keyframesCommand } from './commands/keyframes.ts';
import { metricsCommand } from './commands/metrics.ts';
import { modelsCommand } from './commands/models.ts';
import { presetsCommand } from './commands/presets.ts';
import { previewCommand } from './commands/preview.ts';
import { rerenderCommand } from './commands/rerender.ts';
import { workerCommand } from './commands/worker.ts';
import { refuseUnknownWord } from './unknown-word.ts';

const COMMANDS = [
  keyframesCommand,
  generateCommand,
  compareCommand,
  previewCommand,
  metricsCommand,
  benchCommand,
  modelsCommand,
  cacheCommand,
  doctorCommand,
  devicesCommand,
  presetsCommand,
  configCommand,
  workerCommand,
  jobsCommand,
];

export const COMMAND_NAMES: readonly string[] = COMMANDS.map(({ name }) => name);

/** `rerender` itself: the main job, unless its first word names a command. */
export const ROOT: CommandSpec = {
  ...rerenderCommand,
  subcommands: COMMANDS,
  run: invocation => {
    refuseUnknownWord(invocation.positionals[0], COMMAND_NAMES);
    return rerenderCommand.run?.(invocation);
  },
};
