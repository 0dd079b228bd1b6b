// The main job on other machines: `rerender INPUT --executor dbos`.
import { UsageError } from '../config/errors.ts';
import type { ClipsRequest, ClipsResult } from '../pipeline/index.ts';
import type { Request } from '../pipeline/session/request.ts';
import { type ClusterFlags, DATABASE_FLAG, databaseOf, STORE_FLAG, storeOf, wholeNumber } from './cluster-flags.ts';
import type { CommandFlag } from './command.ts';
import type { RunContext, RunFlags } from './perform.ts';

export type AwayFlags = ClusterFlags & {
  readonly executor?: string;
  readonly priority?: string;
  readonly requireDevice?: string;
  readonly uploadModels?: boolean;
};

export const AWAY_FLAGS: readonly CommandFlag[] = [
  { flag: '--executor <name>', help: 'dbos: workers elsewhere do it (docs/scale.md); default local, this machine', advanced: true },
  { ...DATABASE_FLAG, advanced: true },
  { ...STORE_FLAG, advanced: true },
  { flag: '--priority <n>', help: 'the smaller, the sooner (default: 100)', advanced: true },
  { flag: '--require-device <kind>', help: 'what draws there: cpu, cuda ...; default what this machine would draw on', advanced: true },
  { flag: '--no-upload-models', help: 'workers have the model, its LoRAs and ControlNets: none goes into the store', advanced: true },
];

const PRIORITY = '100';

/** Whether the job is for other machines. @throws UsageError for flags that go with that alone */
export const isAway = ({ executor = 'local', databaseUrl, store, priority, requireDevice, uploadModels }: AwayFlags): boolean => {
  if (executor === 'dbos') return true;
  if (executor !== 'local') throw new UsageError(`--executor must be local or dbos; got ${executor}.`);
  const given = {
    '--database-url': databaseUrl,
    '--store': store,
    '--priority': priority,
    '--require-device': requireDevice,
    '--no-upload-models': uploadModels === false ? uploadModels : undefined,
  };
  const alone = Object.entries(given).find(([, value]) => value !== undefined)?.[0];
  if (alone !== undefined) throw new UsageError(`${alone} goes with --executor dbos: give both.`);
  return false;
};

const tell = (id: string, { quiet, json }: RunFlags): void => {
  if (json) process.stdout.write(`${JSON.stringify({ type: 'job', id })}\n`);
  else if (!quiet) process.stderr.write(`${id}: it goes on when this command ends; \`rerender jobs attach\` comes back to it\n`);
};

const awayOf = (flags: AwayFlags & RunFlags) => ({
  databaseUrl: databaseOf(flags),
  store: storeOf(flags),
  priority: wholeNumber('--priority', flags.priority ?? PRIORITY, [0, 1_000_000]),
  device: flags.requireDevice,
  uploadModels: flags.uploadModels ?? true,
  onJob: (id: string) => tell(id, flags),
});

/** How the page has clips rendered elsewhere: key frames are shown as they come. */
export const elsewhereOf = (flags: AwayFlags & RunFlags): ((request: Request) => Promise<unknown>) | undefined => {
  if (!isAway(flags)) return undefined;
  const away = { ...awayOf(flags), shows: true };
  return async request => (await import('../cluster/submit.ts')).rerenderAway(request, away);
};

/** Has a clip re-rendered elsewhere, and brings the result. */
export const renderAway = async (input: string, flags: AwayFlags & RunFlags, context: RunContext): Promise<void> => {
  const away = awayOf(flags);
  const { rerenderAway } = await import('../cluster/submit.ts');
  await rerenderAway({ input, ...context }, away);
};

/** The same for several clips: all are queued before the first is waited for. */
export const renderAllAway = async (request: ClipsRequest, flags: AwayFlags & RunFlags): Promise<ClipsResult> => {
  const away = awayOf(flags);
  const { rerenderAllAway } = await import('../cluster/submit-all.ts');
  return rerenderAllAway(request, away);
};
