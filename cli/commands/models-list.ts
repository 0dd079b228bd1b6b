// `rerender models list`: the models on this machine that a run can name.
import { embeddedModel } from '../../config/paths.ts';
import { cachedModels } from '../../models/hub/list.ts';
import { hubSettings } from '../../models/hub/repository.ts';
import { bytes } from '../report/format.ts';

export const listModels = async (flags: { json?: boolean }): Promise<void> => {
  const cached = await cachedModels(await hubSettings());
  if (flags.json) {
    process.stdout.write(`${JSON.stringify({ embedded: embeddedModel, cached }, undefined, 2)}\n`);
    return;
  }
  const rows = [['rerender-mini', 'embedded', embeddedModel], ...cached.map(({ id, bytes: size, folder }) => [id, bytes(size), folder])];
  const width = Math.max(...rows.map(([name]) => name!.length));
  for (const [name, size, folder] of rows) process.stdout.write(`${name!.padEnd(width)}  ${size!.padStart(8)}  ${folder}\n`);
};
