// `rerender doctor`: what this machine has and lacks.
import { EXIT } from '../../config/errors.ts';
import { refuseUnread } from '../../config/unread.ts';
import { command } from '../command.ts';
import { RUN_FLAGS } from '../common-flags.ts';
import { Reported } from '../failure.ts';
import type { RunFlags } from '../perform.ts';
import { gatherSources } from '../sources.ts';

const SIGNS = { ok: 'ok     ', note: 'note   ', missing: 'MISSING' } as const;

/** Prints the findings; exits with 3 when something is missing that the program needs. */
export const doctorCommand = command<RunFlags>({
  name: 'doctor',
  summary: 'Tells what this machine has and lacks.',
  jobs: ['doctor'],
  showsAll: true,
  flags: { Terminal: RUN_FLAGS },
  run: async ({ flags, layer }) => {
    refuseUnread([layer], ['doctor']);
    const { layers, warnings } = await gatherSources(flags.config, process.env);
    for (const warning of warnings) process.stderr.write(`warning: ${warning}\n`);
    const { settleRun } = await import('../../pipeline/session/settle.ts');
    const { options } = await settleRun([layer, ...layers]);
    const { doctor } = await import('../../pipeline/jobs/doctor.ts');
    const findings = await doctor(options);
    if (flags.json) process.stdout.write(`${JSON.stringify(findings, undefined, 2)}\n`);
    else for (const { what, state, text } of findings) process.stdout.write(`${SIGNS[state]}  ${what.padEnd(14)}  ${text}\n`);
    if (findings.some(f => f.state === 'missing')) throw new Reported(EXIT.missing, undefined);
  },
});
