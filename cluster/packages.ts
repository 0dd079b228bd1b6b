// The packages that only a cluster needs: nobody who works on one machine has them, so they are loaded when they are first asked for.
import { RerenderError } from '../config/errors.ts';

export type DbosModule = typeof import('@dbos-inc/dbos-sdk');
export type PgModule = typeof import('pg');

/** CommonJS packages come with their exports as a default. */
const load = async <T>(name: string, importing: () => Promise<T>): Promise<T> => {
  try {
    const module = (await importing()) as T & { readonly default?: T };
    return module.default ?? module;
  } catch (cause) {
    throw new RerenderError(
      'PACKAGE_MISSING',
      'missing',
      `the package ${name} is not installed: many machines need it, one does not. Run \`npm install -g @dbos-inc/dbos-sdk@5 pg@8\` ` +
        '(without -g where rerender is a dependency of yours); docs/scale.md tells more.',
      { cause },
    );
  }
};

export const loadDbos = (): Promise<DbosModule> => load('@dbos-inc/dbos-sdk', () => import('@dbos-inc/dbos-sdk'));
export const loadPg = (): Promise<PgModule> => load('pg', () => import('pg'));
