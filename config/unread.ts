// Options that a job has no use for: refused where they were given to that very job, left alone where they were set for many.
import { UsageError } from './errors.ts';
import { type Job, jobsText, withSameCommand } from './jobs.ts';
import { type Layer, OPTION_NAMES, placeOf } from './layers.ts';
import { OPTIONS, type OptionName } from './options.ts';
import { isDirect } from './origin.ts';

/** The options that at least one of the jobs reads. */
export const readBy = (...jobs: readonly Job[]): readonly OptionName[] =>
  OPTION_NAMES.filter(name => OPTIONS[name].for.some(job => (jobs as readonly string[]).includes(job)));

/**
 * Checks the options that were given directly, as flags or fields of a call. Environment and config files may hold options of several jobs.
 * @param jobs those that are done; none for a command that reads no options
 * @param command what reads the options, for messages; default: the jobs in words
 * @throws UsageError naming the first option that none of the jobs reads, and what it belongs to
 */
export const refuseUnread = (layers: readonly Layer[], jobs: readonly Job[], command?: string): void => {
  const read = readBy(...jobs);
  for (const layer of layers.filter(({ origin }) => isDirect(origin))) {
    const unread = OPTION_NAMES.find(name => layer.values[name] !== undefined && !read.includes(name));
    if (unread === undefined) continue;
    const family = withSameCommand(jobs);
    const reader = command ?? jobsText(readBy(...family).includes(unread) ? jobs : family);
    const verb = reader.includes(' models in ') || reader.includes(' and ') ? 'have' : 'has';
    throw new UsageError(`${placeOf(layer, unread)} belongs to ${jobsText(OPTIONS[unread].for)}; ${reader} ${verb} no use for it.`);
  }
};
