// What a command has open of a cluster: its database, its queues, its store.
import type { Scope } from '../pipeline/session/scope.ts';
import { type Database, openDatabase } from './database.ts';
import { type Engine, openEngine } from './engine.ts';
import { openStore } from './store/open-store.ts';
import { patientStore } from './store/patience.ts';
import type { SharedStore } from './store/store.ts';

/** Where a cluster's machines meet. */
export type ClusterPlace = {
  /** `postgres://USER@HOST:PORT/NAME`. */
  readonly databaseUrl: string;
  /** A folder that all machines see, or `s3://BUCKET/PREFIX`. */
  readonly store: string;
};

export type Cluster = { readonly database: Database; readonly engine: Engine; readonly store: SharedStore };

/** Opens the database and the queues alone. */
export const openQueues = async (
  { databaseUrl }: Pick<ClusterPlace, 'databaseUrl'>,
  scope: Scope,
  version?: string,
): Promise<Omit<Cluster, 'store'>> => {
  const database = await scope.use(openDatabase(databaseUrl));
  return { database, engine: await scope.use(openEngine(database, version)) };
};

/** @param version of the work that is queued; default this program's */
export const openCluster = async (
  place: ClusterPlace,
  scope: Scope,
  tell: (message: string) => void,
  version?: string,
): Promise<Cluster> => {
  const store = patientStore(await scope.use(openStore(place.store)), { tell, signal: scope.signal });
  return { ...(await openQueues(place, scope, version)), store };
};
