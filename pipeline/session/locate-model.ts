// Where the model and the adapters of a run lie: a path, a repository of the hub that was downloaded, or the embedded model.
import { RerenderError } from '../../config/errors.ts';
import { exists } from '../../config/exists.ts';
import { embeddedModel } from '../../config/paths.ts';
import { cachedSnapshot, hubSettings, isHubId } from '../../models/hub/repository.ts';
import { snapshotAt } from '../../models/hub/snapshot.ts';

/**
 * The path of what an option names. The network is never asked: gigabytes are fetched by a command of their own.
 * A path that does not exist and is no id is returned as it is; opening it tells what is wrong. Of a folder of the hub's cache its
 * snapshot is taken.
 * @param path a path, or an id of the hub (OWNER/NAME)
 * @throws RerenderError (exit code 3) for an id that was not downloaded
 */
export const locate = async (path: string): Promise<string> => {
  if ((await exists(path)) || !isHubId(path)) return snapshotAt(path);
  const settings = await hubSettings();
  const snapshot = await cachedSnapshot(settings, path);
  if (snapshot) return snapshot;
  throw new RerenderError(
    'MODEL_MISSING',
    'missing',
    `there is no folder or file ${path}; ` +
      `if it is a model of the hub, \`rerender models get ${path}\` brings it here (looked in ${settings.cache})`,
  );
};

/** The path of what `--model` names, as {@link locate}; undefined is the embedded model. */
export const locateModel = async (model: string | undefined): Promise<string> => (model === undefined ? embeddedModel : locate(model));
