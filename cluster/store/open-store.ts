// Opens the store that an address names.
import { UsageError } from '../../config/errors.ts';
import { openFolderStore } from './folder-store.ts';
import type { SharedStore } from './store.ts';

/** @param address a folder that all machines see */
export const openStore = async (address: string): Promise<SharedStore> => {
  if (/^[a-z0-9]+:\/\//i.test(address)) {
    throw new UsageError(`--store ${address}: a store is a folder that every machine sees.`);
  }
  return openFolderStore(address);
};
