// `rerender models list`: the models on this machine that a run can name.
import { EMBEDDED_MODELS, embeddedModel } from '../../config/paths.ts';
import type { Family } from '../../models/inspect/family.ts';
import type { LibraryKind } from '../../models/open/model-library.ts';
import { command } from '../command.ts';
import { JSON_FLAG } from '../common-flags.ts';
import { bytes } from '../report/format.ts';
import { userOptions } from '../user-options.ts';

const FAMILIES: Readonly<Record<Family, string>> = {
  'stable-diffusion-1': 'SD 1',
  'stable-diffusion-2': 'SD 2',
  sdxl: 'SDXL',
  'text-to-video': 'text-to-video',
};

/** Entries with the family of each that may be a model; only headers are read. */
const withFamilies = async <T extends object>(
  entries: readonly T[],
  pathOf: (entry: T) => string | undefined,
): Promise<(T & { family?: Family })[]> => {
  const { familyAt } = await import('../../models/inspect/family.ts');
  return Promise.all(
    entries.map(async entry => {
      const path = pathOf(entry);
      const family = path === undefined ? undefined : await familyAt(path);
      return family === undefined ? entry : { ...entry, family };
    }),
  );
};

const behind = (word: string | undefined): string => (word === undefined ? '' : ` (${word})`);
const other = (kind: LibraryKind | undefined): string | undefined => (kind === 'model' ? undefined : kind);

const listModels = async (flags: { json?: boolean }): Promise<void> => {
  const { modelFolders } = await userOptions();
  const [{ cachedModels }, { hubSettings }, { libraryOf }] = await Promise.all([
    import('../../models/hub/list.ts'),
    import('../../models/hub/repository.ts'),
    import('../../models/open/model-library.ts'),
  ]);
  const hub = await withFamilies(await cachedModels(await hubSettings()), ({ folder }) => folder);
  const library = await withFamilies(await libraryOf(modelFolders), ({ kind, path }) => (!kind || kind === 'model' ? path : undefined));
  if (flags.json) {
    const found = { embedded: embeddedModel, embeddedModels: Object.fromEntries(EMBEDDED_MODELS), cached: hub, library };
    process.stdout.write(`${JSON.stringify(found, undefined, 2)}\n`);
    return;
  }
  const rows = [
    ...[...EMBEDDED_MODELS].map(([name, folder]) => [name, 'embedded', folder]),
    ...hub.map(({ id, bytes: size, folder, family }) => [id, bytes(size), folder + behind(family && FAMILIES[family])]),
    ...library.map(({ name, bytes: size, path, kind, family }) => [
      name,
      bytes(size),
      path + behind(family ? FAMILIES[family] : other(kind)),
    ]),
  ];
  const width = Math.max(...rows.map(([name]) => name!.length));
  for (const [name, size, folder] of rows) process.stdout.write(`${name!.padEnd(width)}  ${size!.padStart(8)}  ${folder}\n`);
};

export const modelsListCommand = command<{ readonly json?: boolean }>({
  name: 'list',
  summary: 'Lists the embedded models, those in the cache of the model hub, and what lies in the folders of `modelFolders` in your config.',
  flags: { Terminal: [JSON_FLAG] },
  run: ({ flags }) => listModels(flags),
});
