// The packages that only a cluster needs: nobody who works on one machine has them, so they are loaded when they are first asked for.
import { RerenderError } from '../config/errors.ts';

export type DbosModule = typeof import('@dbos-inc/dbos-sdk');
export type PgModule = typeof import('pg');
export type S3Module = typeof import('@aws-sdk/client-s3');

/** CommonJS packages come with their exports as a default. */
const load = async <T>(name: string, importing: () => Promise<T>, install = '@dbos-inc/dbos-sdk@5 pg@8'): Promise<T> => {
  try {
    const module = (await importing()) as T & { readonly default?: T };
    return module.default ?? module;
  } catch (cause) {
    throw new RerenderError(
      'PACKAGE_MISSING',
      'missing',
      `the package ${name} is not installed: many machines need it, one does not. Run \`npm install -g ${install}\` ` +
        '(without -g where rerender is a dependency of yours); docs/scale.md tells more.',
      { cause },
    );
  }
};

/** DBOS 5.3 sets up connections in a way that pg 8.20 and later warn of on stderr, once a process; it works. */
const withoutWarning = (text: string): void => {
  const emit = process.emitWarning.bind(process) as (...args: unknown[]) => void;
  process.emitWarning = ((...args: unknown[]) => {
    if (!String(args[0]).includes(text)) emit(...args);
  }) as typeof process.emitWarning;
};

let quiet = false;

export const loadDbos = (): Promise<DbosModule> => {
  if (!quiet) withoutWarning('client.query() when the client is already executing a query');
  quiet = true;
  return load('@dbos-inc/dbos-sdk', () => import('@dbos-inc/dbos-sdk'));
};
export const loadPg = (): Promise<PgModule> => load('pg', () => import('pg'));
export const loadS3 = (): Promise<S3Module> => load('@aws-sdk/client-s3', () => import('@aws-sdk/client-s3'), '@aws-sdk/client-s3@3');
