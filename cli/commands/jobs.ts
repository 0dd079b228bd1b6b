// `rerender jobs`: what a cluster is at, and handling it.
import { UsageError } from '../../config/errors.ts';
import { didYouMean } from '../../config/suggest.ts';
import { ageOf } from '../age.ts';
import { type ClusterFlags, DATABASE_FLAG, databaseOf, STORE_FLAG, storeOf } from '../cluster-flags.ts';
import { type CommandSpec, command } from '../command.ts';
import { EVENT_FLAGS, JSON_FLAG } from '../common-flags.ts';
import { type RunFlags, reported } from '../perform.ts';
import { clusterText } from '../report/cluster-text.ts';

type Flags = RunFlags & ClusterFlags & { readonly output?: string; readonly overwrite?: boolean; readonly older?: string };

const load = () => import('../../cluster/jobs.ts');

const placeOf = (flags: ClusterFlags) => ({ databaseUrl: databaseOf(flags), store: storeOf(flags) });

const print = (value: unknown, text: string, { json }: RunFlags): void => {
  process.stdout.write(json ? `${JSON.stringify(value, undefined, 2)}\n` : `${text}\n`);
};

const nameOf = ([name]: readonly string[], verb: string): string => {
  if (name !== undefined) return name;
  throw new UsageError(`No job: give its name, as \`rerender jobs list\` shows it: rerender jobs ${verb} job-1234abcd.`);
};

const list = async (flags: Flags): Promise<void> => {
  const found = await (await load()).listJobs({ databaseUrl: databaseOf(flags) });
  print(found, clusterText(found), flags);
};

const QUEUES = [DATABASE_FLAG, JSON_FLAG];
const ID = { name: '[job]', help: 'its name, or the beginning of that' };

const LIST = command<Flags>({
  name: 'list',
  summary: 'Lists jobs and workers.',
  flags: { Cluster: QUEUES },
  run: ({ flags }) => list(flags),
});

const ATTACH = command<Flags>({
  name: 'attach',
  summary: 'Follows a job to its end, and brings its result here.',
  usage: 'JOB -o FILE [options]',
  positionals: [ID],
  flags: {
    Cluster: [DATABASE_FLAG, STORE_FLAG],
    Output: [
      { flag: '-o, --output <file>', help: 'where the result goes' },
      { flag: '-y, --overwrite', help: 'replace what is there' },
    ],
    Terminal: EVENT_FLAGS,
  },
  run: ({ positionals, flags }) =>
    reported(
      flags,
      async (onEvent, signal) => {
        const name = nameOf(positionals, 'attach');
        const { output, overwrite = false } = flags;
        const { attachJob } = await load();
        await attachJob({ ...placeOf(flags), name, output, overwrite, onEvent, signal });
      },
      'leaving; the job goes on',
    ),
});

const CANCEL = command<Flags>({
  name: 'cancel',
  summary: 'Stops a job; what it has made stays.',
  positionals: [ID],
  flags: { Cluster: QUEUES },
  run: async ({ positionals, flags }) => {
    const id = await (await load()).cancelJob({ databaseUrl: databaseOf(flags) }, nameOf(positionals, 'cancel'));
    print({ cancelled: id }, `${id} is cancelled`, flags);
  },
});

const RETRY = command<Flags>({
  name: 'retry',
  summary: 'Begins a job again that failed or was cancelled, with what it has made.',
  positionals: [ID],
  flags: { Cluster: [DATABASE_FLAG, STORE_FLAG, JSON_FLAG] },
  run: async ({ positionals, flags }) => {
    const id = await (await load()).retryJob(placeOf(flags), nameOf(positionals, 'retry'));
    print({ queued: id }, `${id} is queued`, flags);
  },
});

const CLEAN = command<Flags>({
  name: 'clean',
  summary: 'Removes jobs that have ended, and their results from the store; finished parts stay.',
  flags: {
    Cluster: [DATABASE_FLAG, STORE_FLAG, { flag: '--older <age>', help: 'only those submitted so long ago: 12h, 30d, 2w' }, JSON_FLAG],
  },
  run: async ({ flags }) => {
    const older = flags.older === undefined ? 0 : ageOf(flags.older);
    const removed = await (await load()).cleanJobs(placeOf(flags), older);
    print({ removed }, `${removed.length} jobs removed`, flags);
  },
});

const SUBCOMMANDS: readonly CommandSpec[] = [LIST, ATTACH, CANCEL, RETRY, CLEAN];

export const jobsCommand = command<Flags>({
  name: 'jobs',
  summary: 'Shows the jobs and workers of a cluster; `rerender jobs attach|cancel|retry|clean` handles them.',
  usage: '[list|attach JOB|cancel JOB|retry JOB|clean] [options]',
  flags: { Cluster: QUEUES },
  subcommands: SUBCOMMANDS,
  run: ({ positionals: [word], flags }) => {
    if (word === undefined) return list(flags);
    const names = SUBCOMMANDS.map(({ name }) => name);
    throw new UsageError(`There is no \`rerender jobs ${word}\`.${didYouMean(word, names)} It is one of ${names.join(', ')}.`);
  },
});
