// `rerender doctor`: what this machine has and lacks.
import type { Command } from 'commander';
import { EXIT } from '../../config/errors.ts';
import { doctor } from '../../pipeline/doctor.ts';
import { settleRun } from '../../pipeline/settle.ts';
import { Reported } from '../failure.ts';
import { flagLayer } from '../flags.ts';
import { gatherSources } from '../sources.ts';

const SIGNS = { ok: 'ok     ', note: 'note   ', missing: 'MISSING' } as const;

/** Prints the findings; exits with 3 when something is missing that the program needs. */
export const showDoctor = async (flags: { config?: string; json?: boolean }, command: Command): Promise<void> => {
  const { layers, warnings } = await gatherSources(flags.config, process.env);
  for (const warning of warnings) process.stderr.write(`warning: ${warning}\n`);
  const { options } = await settleRun([flagLayer(command), ...layers]);
  const findings = await doctor(options);
  if (flags.json) process.stdout.write(`${JSON.stringify(findings, undefined, 2)}\n`);
  else for (const { what, state, text } of findings) process.stdout.write(`${SIGNS[state]}  ${what.padEnd(14)}  ${text}\n`);
  if (findings.some(f => f.state === 'missing')) throw new Reported(EXIT.missing, undefined);
};
