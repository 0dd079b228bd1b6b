// A job as it travels: the plan, and what a machine elsewhere has to know to carry it out. It lies in the store, under its key.
import { extname } from 'node:path';
import { isObject, parseJson } from '../config/json.ts';
import type { Options } from '../config/options.ts';
import { artifactKey, type Identities } from '../pipeline/graph/key.ts';
import { checkNodes, PlanError } from '../pipeline/graph/plan-check.ts';
import { type PlannedClip, writePlan } from '../pipeline/session/plan-file.ts';
import { STEPS } from '../pipeline/steps/table.ts';
import type { Need } from './needs/needs.ts';

export type Ticket = {
  /** As `writePlan` has it. */
  readonly plan: string;
  /** Of the submitter's session; those that say where things lie are the worker's own, where it has them. */
  readonly options: Options & { readonly style: string };
  /** The clip: where it lay, and the key of its bytes in the store. */
  readonly clip: { readonly path: string; readonly digest: string };
  /** The ending of the result's name, which says its container. */
  readonly ending: string;
  readonly tags: Readonly<Record<string, string>>;
  /** Files of models and pictures that the options name; the store has their bytes, or the workers. */
  readonly needs: readonly Need[];
};

/** The keys of a job's parts, and the name of its workflow. All say the same: what the result is made from. */
export type JobKeys = { readonly job: string; readonly ticket: string; readonly result: string; readonly encode: string };

/** Options that change nothing in the result. */
const ELSEWHERE = ['output', 'overwrite', 'workDir', 'cache', 'cacheLimit', 'weightsLimit', 'previews', 'force', 'report'] as const;

export const ticketOf = (
  planned: PlannedClip,
  clip: Ticket['clip'],
  output: string,
  tags: Ticket['tags'],
  needs: Ticket['needs'] = [],
): { readonly ticket: Ticket; readonly keys: JobKeys } => {
  const options = { ...planned.options, ...Object.fromEntries(ELSEWHERE.map(name => [name, undefined])) } as Ticket['options'];
  const plan = writePlan({ ...planned, options });
  const ticket = { plan, options, clip, ending: extname(output), tags, needs };
  return { ticket, keys: jobKeys(artifactKey('ticket', 1, ticket)) };
};

/** All keys, from that of the ticket. */
export const jobKeys = (ticket: string): JobKeys => {
  const digits = ticket.slice('ticket-'.length);
  return { ticket, job: `job-${digits}`, result: `result-${digits}`, encode: `encode-${digits}` };
};

/** The key under which the bytes of a clip lie. @param digest as `fileDigest` has it */
export const clipKey = (digest: string): string => `clip-${digest.slice(0, 40)}`;

export const packTicket = (ticket: Ticket): Uint8Array => Buffer.from(JSON.stringify(ticket));

export const unpackTicket = (bytes: Uint8Array): Ticket => JSON.parse(Buffer.from(bytes).toString()) as Ticket;

/** The plan as data: its nodes are those of this program, its leaves stay as they were known where it was made. @throws PlanError */
export const planOf = ({ plan }: Ticket): PlannedClip => {
  const file = parseJson(plan, reason => new PlanError(`it ${reason}.`));
  if (!isObject(file) || !isObject(file.plan) || !Array.isArray(file.plan.nodes) || !isObject(file.steps)) {
    throw new PlanError('it is no plan of rerender.');
  }
  const checked = checkNodes(file.plan.nodes, file.steps, STEPS);
  return { ...(file as unknown as PlannedClip), plan: checked, leaves: file.leaves as Identities };
};
