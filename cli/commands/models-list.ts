// `rerender models list`: the models on this machine that a run can name.
import { embeddedModel } from '../../config/paths.ts';
import { cachedModels } from '../../models/hub/list.ts';
import { hubSettings } from '../../models/hub/repository.ts';
import { libraryOf } from '../../models/open/model-library.ts';
import { command } from '../command.ts';
import { JSON_FLAG } from '../common-flags.ts';
import { bytes } from '../report/format.ts';
import { userOptions } from '../user-options.ts';

const listModels = async (flags: { json?: boolean }): Promise<void> => {
  const { modelFolders } = await userOptions();
  const [cached, library] = [await cachedModels(await hubSettings()), await libraryOf(modelFolders)];
  if (flags.json) {
    process.stdout.write(`${JSON.stringify({ embedded: embeddedModel, cached, library }, undefined, 2)}\n`);
    return;
  }
  const rows = [
    ['rerender-mini', 'embedded', embeddedModel],
    ...cached.map(({ id, bytes: size, folder }) => [id, bytes(size), folder]),
    ...library.map(({ name, bytes: size, path, kind }) => [name, bytes(size), `${path}${kind && kind !== 'model' ? ` (${kind})` : ''}`]),
  ];
  const width = Math.max(...rows.map(([name]) => name!.length));
  for (const [name, size, folder] of rows) process.stdout.write(`${name!.padEnd(width)}  ${size!.padStart(8)}  ${folder}\n`);
};

export const modelsListCommand = command<{ readonly json?: boolean }>({
  name: 'list',
  summary: 'Lists the embedded model, those in the cache of the model hub, and what lies in the folders of `modelFolders` in your config.',
  flags: { Terminal: [JSON_FLAG] },
  run: ({ flags }) => listModels(flags),
});
