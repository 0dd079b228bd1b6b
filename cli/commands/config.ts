// `rerender config`: every option with its value and where it comes from.
import { JOBS } from '../../config/jobs.ts';
import { type Layer, OPTION_NAMES } from '../../config/layers.ts';
import { originText } from '../../config/origin.ts';
import { command } from '../command.ts';
import { RUN_FLAGS } from '../common-flags.ts';
import type { RunFlags } from '../perform.ts';
import { gatherSources, type Vouched } from '../sources.ts';

const VOUCHED: Readonly<Record<Vouched, string>> = {
  own: 'your own: may set everything',
  named: 'you named it: may set everything',
  'trusted folder': 'in a folder that you trust: may set everything',
  nobody: 'not trusted: may set neither programs and their arguments, nor what is replaced or written outside this folder',
};

const showConfig = async (flags: RunFlags, typed: Layer): Promise<void> => {
  const { layers, files, warnings } = await gatherSources(flags.config, process.env);
  for (const warning of warnings) process.stderr.write(`warning: ${warning}\n`);
  const { settleRun } = await import('../../pipeline/session/settle.ts');
  const { options, origins } = await settleRun([typed, ...layers]);
  if (flags.json) {
    const entries = OPTION_NAMES.map(name => [name, { value: options[name] ?? null, origin: originText(origins[name]) }]);
    process.stdout.write(`${JSON.stringify({ ...Object.fromEntries(entries), files }, undefined, 2)}\n`);
    return;
  }
  const width = Math.max(...OPTION_NAMES.map(name => name.length));
  for (const name of OPTION_NAMES) {
    const value = options[name];
    process.stdout.write(`${name.padEnd(width)}  ${value === undefined ? '-' : JSON.stringify(value)}  (${originText(origins[name])})\n`);
  }
  for (const { path, vouched } of files) process.stdout.write(`\n${path}: ${VOUCHED[vouched]}`);
  if (files.length > 0) process.stdout.write('\n');
};

export const configCommand = command<RunFlags>({
  name: 'config',
  summary: 'Prints every option with its value and where it comes from.',
  jobs: JOBS,
  flags: { Terminal: RUN_FLAGS },
  run: ({ flags, layer }) => showConfig(flags, layer),
});
