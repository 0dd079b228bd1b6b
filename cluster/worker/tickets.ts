// The jobs that a worker has at hand: of each the clip, a session over it, and its plan, checked against what is open here.
import { mkdir, rm } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { RerenderError } from '../../config/errors.ts';
import { OPTION_NAMES } from '../../config/layers.ts';
import type { Options } from '../../config/options.ts';
import { diskStore } from '../../pipeline/graph/store.ts';
import { type OpenedClip, openClip } from '../../pipeline/session/clip.ts';
import { fileDigest } from '../../pipeline/session/digest.ts';
import { type PlannedClip, readPlan } from '../../pipeline/session/plan-file.ts';
import { openScope, type Scope } from '../../pipeline/session/scope.ts';
import type { Shared } from '../../pipeline/session/workshop.ts';
import { type ClipSession, openClipSession } from '../../pipeline/session.ts';
import type { DrawingOptions } from '../../pipeline/strategies/strategy.ts';
import { bringNeeds } from '../needs/bring.ts';
import type { FetchedOptions } from '../needs/fetched.ts';
import { type SharedStore, StoreError } from '../store/store.ts';
import { clipKey, type JobKeys, jobKeys, planOf, type Ticket, unpackTicket } from '../ticket.ts';
import { type Unit, unitsOf } from '../units.ts';

/** A job as it is open on a worker. */
export type OpenJob = {
  readonly ticket: Ticket;
  readonly keys: JobKeys;
  readonly session: ClipSession;
  readonly planned: PlannedClip;
  readonly units: ReadonlyMap<string, Unit>;
  readonly scope: Scope;
  /** For files of this job alone; it goes with the worker. */
  readonly folder: string;
};

export type Tickets = {
  /** Does something with a job that is open meanwhile. @param draws whether its model is needed */
  withJob<T>(ticket: string, draws: boolean, work: (job: OpenJob) => Promise<T>): Promise<T>;
  close(): Promise<void>;
};

export type TicketsOptions = {
  readonly store: SharedStore;
  /** What this machine decides for itself: device, threads, programs. */
  readonly here: Options;
  readonly shared: Shared;
  readonly folder: string;
  /** Where models and pictures from the store stay. */
  readonly fetched: FetchedOptions;
  readonly signal: AbortSignal;
  readonly tell: (message: string) => void;
};

/** Jobs that stay open though nothing of them runs. */
const IDLE = 2;

/** Options that are the machine's, whatever the submitter's are. Programs are named by nobody else. */
const HERE = ['device', 'threads', 'jobs', 'ffmpeg', 'ffprobe', 'stallTimeout', 'bankMemory'] as const;

export const readTicket = async (store: SharedStore, key: string): Promise<Ticket> => {
  const bytes = await store.parts.get(key);
  if (!bytes) throw new StoreError(store.name, `it has no ${key}, or a damaged one: submit the job again.`);
  return unpackTicket(bytes);
};

/** JSON drops what is undefined; options have all their names. */
const optionsHere = (ticket: Ticket, here: Options): DrawingOptions => ({
  ...(Object.fromEntries(OPTION_NAMES.map(name => [name, ticket.options[name]])) as unknown as DrawingOptions),
  ...Object.fromEntries(HERE.map(name => [name, here[name]])),
  modelFolders: [...here.modelFolders, ...ticket.options.modelFolders],
});

/** The clip on this machine: where the submitter had it, if the same file lies there, else fetched from the store. */
const bringClip = async ({ clip }: Ticket, store: SharedStore, folder: string): Promise<string> => {
  const digest = await fileDigest(clip.path).catch(() => undefined);
  if (digest === clip.digest) return clip.path;
  const path = join(folder, `${clip.digest.slice(0, 16)}${extname(clip.path)}`);
  if (await store.getFile(clipKey(clip.digest), path)) return path;
  throw new RerenderError(
    'CLIP_MISSING',
    'missing',
    `the clip ${basename(clip.path)} is not here (looked at ${clip.path} and for ${clipKey(clip.digest)} in ${store.name}): ` +
      'submit the job again.',
  );
};

/** One pass over the clip for all units of a job: they come in order. */
const oneClip = (): Required<NonNullable<Shared['place']>>['clip'] & { close(): Promise<void> } => {
  let open: OpenedClip | undefined;
  const clip = (...args: Parameters<typeof openClip>): OpenedClip => {
    open ??= openClip(...args);
    return { ...open, close: async () => undefined };
  };
  return Object.assign(clip, { close: async () => open?.close() });
};

const openJob = async (key: string, draws: boolean, options: TicketsOptions): Promise<OpenJob & { close(): Promise<void> }> => {
  const { store, here, shared, fetched, signal, tell } = options;
  const ticket = await readTicket(store, key);
  const made = planOf(ticket);
  const folder = join(options.folder, `${key.slice(0, 24)}${draws ? '' : '-frames'}`);
  await mkdir(folder, { recursive: true });
  const scope = openScope(signal);
  const close = async (): Promise<void> => {
    scope.abort(new Error('the job is closed here'));
    await scope.close().catch(() => undefined);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const input = await bringClip(ticket, store, folder);
    const named = optionsHere(ticket, here);
    // Who draws nothing has no need for models and pictures.
    const brought = draws && (await scope.use(bringNeeds(named, ticket.needs, { store, fetched, tell, signal })));
    const settled = brought ? brought.options : named;
    const clip = await scope.use(oneClip());
    const workDir = async () => ({ store: store.parts, near: diskStore(folder), lasting: true, close: async () => undefined });
    const onEvent = (event: { readonly type: string; readonly message?: string }): void => {
      if (event.type === 'warning' && event.message !== undefined) tell(event.message);
    };
    const session = await openClipSession({ input, onEvent }, settled, scope, { ...shared, place: { workDir, clip } });
    // What is not here is believed to be what it is known by.
    const assume = draws ? {} : { assume: { model: made.leaves.model } };
    const identities: ClipSession['workshop']['identities'] = planned => session.workshop.identities({ ...planned, ...assume });
    const planned = { ...(await readPlan(ticket.plan, { options: settled, identities })), ...assume };
    const units = new Map(unitsOf(made).map(unit => [unit.id, unit]));
    return { ticket, keys: jobKeys(key), session, planned, units, scope, folder, close };
  } catch (error) {
    await close();
    throw error;
  }
};

export const openTickets = (options: TicketsOptions): Tickets => {
  type Entry = { readonly job: ReturnType<typeof openJob>; users: number };
  const entries = new Map<string, Entry>();
  const end = async (name: string, { job }: Entry): Promise<void> => {
    entries.delete(name);
    await job.then(
      open => open.close(),
      () => undefined,
    );
  };
  const tidy = async (): Promise<void> => {
    const idle = [...entries].filter(([, { users }]) => users === 0);
    for (const [name, entry] of idle.slice(0, Math.max(0, idle.length - IDLE))) await end(name, entry);
  };
  return {
    withJob: async (ticket, draws, work) => {
      const name = `${ticket} ${draws}`;
      const entry = entries.get(name) ?? { job: openJob(ticket, draws, options), users: 0 };
      entries.delete(name);
      entries.set(name, entry); // now the youngest
      entry.job.catch(() => entries.delete(name)); // the next unit tries again
      entry.users++;
      try {
        return await work(await entry.job);
      } finally {
        entry.users--;
        await tidy();
      }
    },
    close: async () => {
      for (const [name, entry] of [...entries]) await end(name, entry);
    },
  };
};
