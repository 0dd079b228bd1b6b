// Saves the page's settings as the config of the folder in which the program runs.
import { resolve } from 'node:path';
import { configOf } from '../../config/command.ts';
import { UsageError } from '../../config/errors.ts';
import { FOLDER_OPTIONS } from '../../config/trust.ts';
import { writeWhole } from '../../media/whole-file.ts';
import { type Request, settledOf } from '../../pipeline/session/request.ts';
import type { Saved } from '../api.ts';
import { Refused } from '../http/refuse.ts';

const FILE = 'rerender.config.json';

/** @throws Refused with 409 where one is there and may not be replaced */
export const saveConfig = async (request: Request, overwrite: boolean): Promise<Saved> => {
  // Where parts are kept changes no picture, and a folder's config that says it would have to be trusted first.
  const { workDir: _, ...config } = configOf(await settledOf(request));
  const file = resolve(FILE);
  await writeWhole(file, `${JSON.stringify(config, undefined, 2)}\n`, { overwrite }).catch(error => {
    if (error instanceof UsageError) throw new Refused(409, `${file} is there already.`);
    throw error;
  });
  const open: readonly string[] = FOLDER_OPTIONS;
  return { file, named: Object.keys(config).some(name => !open.includes(name)) };
};
