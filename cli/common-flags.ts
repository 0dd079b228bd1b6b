// Flags that several commands have: how they tell what they do, and where options are read.
import type { CommandFlag } from './command.ts';

const VERBOSE: CommandFlag = { flag: '-v, --verbose', help: 'say where errors come from' };

export const JSON_FLAG: CommandFlag = { flag: '--json', help: 'as JSON' };

/** Of commands that tell events. */
export const EVENT_FLAGS: readonly CommandFlag[] = [
  { flag: '--json', help: 'events as JSON lines on stdout' },
  { flag: '-q, --quiet', help: 'say nothing but warnings and errors' },
  VERBOSE,
];

/** Of commands that print a report. */
export const REPORT_FLAGS: readonly CommandFlag[] = [
  { flag: '--json', help: 'the report as JSON on stdout' },
  { flag: '-q, --quiet', help: 'say nothing but the report, warnings and errors' },
  VERBOSE,
];

/** Of commands that read options from files, too. */
export const RUN_FLAGS: readonly CommandFlag[] = [
  { flag: '--config <file>', help: 'JSON of options, or of Rerender A Video; default ./rerender.config.json' },
  ...EVENT_FLAGS,
];
