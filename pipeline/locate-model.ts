// Where the model of a run lies: a path, a model of the hub that was downloaded, or the embedded one.
import { access } from 'node:fs/promises';
import { RerenderError } from '../config/errors.ts';
import { embeddedModel } from '../config/paths.ts';
import { cachedSnapshot, hubSettings, isHubId } from '../models/hub/repository.ts';

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/**
 * The path of what `--model` names. The network is never asked: gigabytes are fetched by a command of their own.
 * A path that does not exist and is no id is returned as it is; opening it tells what is wrong.
 * @param model a path, an id of the hub (OWNER/NAME), or undefined for the embedded model
 * @throws RerenderError (exit code 3) for an id that was not downloaded
 */
export const locateModel = async (model: string | undefined): Promise<string> => {
  if (model === undefined) return embeddedModel;
  if ((await exists(model)) || !isHubId(model)) return model;
  const settings = await hubSettings();
  const snapshot = await cachedSnapshot(settings, model);
  if (snapshot) return snapshot;
  throw new RerenderError(
    'MODEL_MISSING',
    'missing',
    `there is no folder or file ${model}; if it is a model of the hub, \`rerender models get ${model}\` brings it here (looked in ${settings.cache})`,
  );
};
