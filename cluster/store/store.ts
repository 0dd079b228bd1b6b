// What machines share beside the database: finished parts under their keys, and whole files: clips, tickets, results.
import { RerenderError } from '../../config/errors.ts';
import type { ArtifactStore } from '../../pipeline/graph/store.ts';

export type SharedStore = {
  /** For people: a folder's path, or `s3://BUCKET/PREFIX`. */
  readonly name: string;
  /** Of this store alone: two names of one store have the same, two stores behind one name have not. */
  readonly id: string;
  readonly parts: ArtifactStore;
  hasFile(key: string): Promise<boolean>;
  /** Stores a file whole, under a key. One that lies there stays: same key, same bytes. @param sent hears how many bytes have gone */
  putFile(key: string, path: string, sent?: (bytes: number) => void): Promise<void>;
  /** Brings a file here. False where the store has none. @throws RerenderError `DISK_FULL` where there is no room here */
  getFile(key: string, path: string): Promise<boolean>;
  removeFile(key: string): Promise<void>;
  close(): Promise<void>;
};

/** The store cannot be reached, or does not take what it is given. */
export class StoreError extends RerenderError {
  constructor(name: string, reason: string, options?: ErrorOptions) {
    super('STORE', 'failure', `the store ${name} cannot be used: ${reason}`, options);
  }
}

/** What says that a place is a store, and which. */
export const MARKER = 'rerender-store.json';
