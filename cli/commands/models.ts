// `rerender models`: the models on this machine, and how more get here.
import { command } from '../command.ts';
import { modelsGetCommand } from './models-get.ts';
import { modelsInspectCommand } from './models-inspect.ts';
import { modelsListCommand } from './models-list.ts';

export const modelsCommand = command({
  name: 'models',
  summary: 'The models on this machine, and how more get here.',
  subcommands: [modelsListCommand, modelsInspectCommand, modelsGetCommand],
});
