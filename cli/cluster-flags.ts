// Flags of the commands that work with many machines: where they meet.
import { UsageError } from '../config/errors.ts';
import type { CommandFlag } from './command.ts';

/** A password is better kept out of arguments, which every user of the machine sees. */
export const DATABASE_FLAG: CommandFlag = {
  flag: '--database-url <url>',
  help: 'postgres://USER@HOST:PORT/NAME; default RERENDER_DATABASE_URL. Passwords: PGPASSWORD or ~/.pgpass',
};
export const STORE_FLAG: CommandFlag = {
  flag: '--store <place>',
  help: 'a folder that all machines see, or s3://BUCKET/PREFIX: clips, finished parts, results; default RERENDER_STORE',
};

export type ClusterFlags = { readonly databaseUrl?: string; readonly store?: string };

const needed = (value: string | undefined, flag: string, variable: string): string => {
  if (value) return value;
  throw new UsageError(`Many machines meet in a database and a store: give ${flag}, or set ${variable}; docs/scale.md tells more.`);
};

export const databaseOf = ({ databaseUrl = process.env.RERENDER_DATABASE_URL }: ClusterFlags): string =>
  needed(databaseUrl, '--database-url', 'RERENDER_DATABASE_URL');

export const storeOf = ({ store = process.env.RERENDER_STORE }: ClusterFlags): string => needed(store, '--store', 'RERENDER_STORE');

/** A whole number from a flag. @throws UsageError */
export const wholeNumber = (flag: string, text: string, [least, most]: readonly [number, number]): number => {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  throw new UsageError(`${flag} must be a whole number from ${least} to ${most}; got ${text}.`);
};
