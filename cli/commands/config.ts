// `rerender config`: every option with its value and where it comes from.
import type { Command } from 'commander';
import { OPTION_NAMES } from '../../config/layers.ts';
import { settleRun } from '../../pipeline/settle.ts';
import { flagLayer } from '../flags.ts';
import { layersBelowFlags } from '../sources.ts';

export const showConfig = async (flags: { config?: string; json?: boolean }, command: Command): Promise<void> => {
  const { options, origins } = await settleRun([flagLayer(command), ...(await layersBelowFlags(flags.config, process.env))]);
  if (flags.json) {
    const entries = OPTION_NAMES.map(name => [name, { value: options[name] ?? null, origin: origins[name] }]);
    process.stdout.write(`${JSON.stringify(Object.fromEntries(entries), undefined, 2)}\n`);
    return;
  }
  const width = Math.max(...OPTION_NAMES.map(name => name.length));
  for (const name of OPTION_NAMES) {
    const value = options[name];
    process.stdout.write(`${name.padEnd(width)}  ${value === undefined ? '-' : JSON.stringify(value)}  (${origins[name]})\n`);
  }
};
