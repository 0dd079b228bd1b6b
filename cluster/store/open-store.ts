// Opens the store that an address names.
import { UsageError } from '../../config/errors.ts';
import { openFolderStore } from './folder-store.ts';
import type { SharedStore } from './store.ts';

/** @param address a folder that all machines see, or `s3://BUCKET/PREFIX` */
export const openStore = async (address: string): Promise<SharedStore> => {
  if (/^s3:\/\//i.test(address)) return (await import('./s3-store.ts')).openS3Store(address);
  if (/^[a-z0-9]+:\/\//i.test(address)) {
    throw new UsageError(`--store ${address}: a store is a folder that every machine sees, or s3://BUCKET/PREFIX.`);
  }
  return openFolderStore(address);
};
