// `rerender bench`: what parts of the program cost on this machine.
import { command } from '../command.ts';
import { benchKeyframesCommand } from './bench-keyframes.ts';
import { benchModelCommand } from './bench-model.ts';
import { benchPropagationCommand } from './bench-propagation.ts';
import { benchScaleCommand } from './bench-scale.ts';

export const benchCommand = command({
  name: 'bench',
  summary: 'Measures parts of the program on this machine.',
  subcommands: [benchPropagationCommand, benchModelCommand, benchKeyframesCommand, benchScaleCommand],
});
