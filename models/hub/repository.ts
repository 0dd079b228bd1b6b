// Repositories of the model hub on this machine: ids, settings, and the cache that all of the hub's tools share.
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { RerenderError } from '../../config/errors.ts';
import { userHome } from '../../config/paths.ts';

/** Something on the hub cannot be had: no network, no such repository, no access, or damaged on the way. */
export class HubError extends RerenderError {
  constructor(message: string, options?: ErrorOptions) {
    super('HUB', 'missing', message, options);
  }
}

export type HubSettings = {
  /** Folder of the hub's cache, `models--OWNER--NAME/{blobs,refs,snapshots}` inside. */
  readonly cache: string;
  /** The hub's address; undefined for the public one. */
  readonly endpoint: string | undefined;
  /** Access token for private and gated repositories. */
  readonly token: string | undefined;
  /** Never ask the network. */
  readonly offline: boolean;
};

/** The settings that every tool of the hub reads from the environment: HF_HUB_CACHE, HF_HOME, HF_ENDPOINT, HF_TOKEN, HF_HUB_OFFLINE. */
export const hubSettings = async (env: Readonly<Record<string, string | undefined>> = process.env): Promise<HubSettings> => {
  const home = env.HF_HOME || join(env.XDG_CACHE_HOME || join(userHome(), '.cache'), 'huggingface');
  const stored = readFile(env.HF_TOKEN_PATH || join(home, 'token'), 'utf8').catch(() => '');
  return {
    cache: env.HF_HUB_CACHE || env.HUGGINGFACE_HUB_CACHE || join(home, 'hub'),
    endpoint: env.HF_ENDPOINT?.replace(/\/+$/, '') || undefined,
    token: env.HF_TOKEN || (await stored).trim() || undefined,
    offline: /^(1|on|yes|true)$/i.test(env.HF_HUB_OFFLINE ?? ''),
  };
};

/** Whether a text has the form of a repository's id, OWNER/NAME. A path of that form wins where it exists. */
export const isHubId = (text: string): boolean => /^\w[\w.-]*\/\w[\w.-]*$/.test(text);

/** Where the cache keeps a repository. */
export const repositoryFolder = ({ cache }: HubSettings, id: string): string => join(cache, `models--${id.replace('/', '--')}`);

/**
 * The folder of a repository's files in the cache, without asking the network.
 * @param revision branch, tag or commit
 * @returns undefined when it was never downloaded
 */
export const cachedSnapshot = async (settings: HubSettings, id: string, revision = 'main'): Promise<string | undefined> => {
  const folder = repositoryFolder(settings, id);
  const commit = await readFile(join(folder, 'refs', revision), 'utf8').then(
    text => text.trim(),
    () => revision,
  );
  const snapshot = join(folder, 'snapshots', commit);
  return stat(snapshot).then(
    s => (s.isDirectory() ? snapshot : undefined),
    () => undefined,
  );
};
