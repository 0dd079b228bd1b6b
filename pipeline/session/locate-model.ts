// Where the model and the adapters of a run lie: a path, a repository of the hub that was downloaded, a file in one of the user's model
// folders, or an embedded model.
import { RerenderError, UsageError } from '../../config/errors.ts';
import { exists } from '../../config/exists.ts';
import type { Options } from '../../config/options.ts';
import { EMBEDDED_MODELS, embeddedModel } from '../../config/paths.ts';
import { cachedSnapshot, hubSettings, isHubId } from '../../models/hub/repository.ts';
import { snapshotAt } from '../../models/hub/snapshot.ts';
import { entriesNamed, type LibraryKind, libraryOf } from '../../models/open/model-library.ts';

/** What a name of the user's model folders means. @throws UsageError where it means several */
const named = async (name: string, kind: LibraryKind, folders: readonly string[]): Promise<string | undefined> => {
  if (folders.length === 0) return undefined;
  const [only, ...more] = entriesNamed(await libraryOf(folders), name, kind);
  if (only === undefined || more.length === 0) return only?.path;
  throw new UsageError(`${name} may be ${[only, ...more].map(({ path }) => path).join(' or ')}: give the path of one.`);
};

/**
 * The path of what an option names. The network is never asked: gigabytes are fetched by a command of their own.
 * A path that does not exist and is no id is returned as it is; opening it tells what is wrong. Of a folder of the hub's cache its
 * snapshot is taken.
 * @param path a path, an id of the hub (OWNER/NAME), a name in one of the folders, or an embedded model's name
 * @param folders the user's model folders
 * @throws RerenderError (exit code 3) for an id that was not downloaded, UsageError for a name that means several files
 */
export const locate = async (path: string, kind: LibraryKind, folders: readonly string[]): Promise<string> => {
  if (await exists(path)) return snapshotAt(path);
  const settings = await hubSettings();
  const snapshot = isHubId(path) ? await cachedSnapshot(settings, path) : undefined;
  const found = snapshot ?? (await named(path, kind, folders)) ?? (kind === 'model' ? EMBEDDED_MODELS.get(path) : undefined);
  if (found !== undefined) return found;
  if (!isHubId(path)) return snapshotAt(path);
  throw new RerenderError(
    'MODEL_MISSING',
    'missing',
    `there is no folder or file ${path}; if it is a model of the hub, \`rerender models get ${path}\` brings it here ` +
      `(looked in ${[settings.cache, ...folders].join(', ')})`,
  );
};

/** The path of what `model` names, as {@link locate}; undefined is the embedded model that restyles. */
export const locateModel = async ({ model, modelFolders }: Pick<Options, 'model' | 'modelFolders'>): Promise<string> =>
  model === undefined ? embeddedModel : locate(model, 'model', modelFolders);
