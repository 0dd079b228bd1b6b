// Reads the layers below the flags: environment, project file, user file. Only the command line does this; the library takes options.
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { UsageError } from '../config/errors.ts';
import { environmentName, type Layer, OPTION_NAMES } from '../config/layers.ts';
import { didYouMean } from '../config/suggest.ts';

const PROJECT_FILE = 'rerender.config.json';

/** Variables that are not options. */
const OTHER_VARIABLES = ['RERENDER_CONFIG'];

const environmentLayer = (env: NodeJS.ProcessEnv): Layer => {
  const byVariable = new Map<string, string>(OPTION_NAMES.map(name => [environmentName(name), name]));
  const values: Record<string, unknown> = {};
  for (const [variable, value] of Object.entries(env)) {
    if (!variable.startsWith('RERENDER_') || OTHER_VARIABLES.includes(variable)) continue;
    const name = byVariable.get(variable);
    if (!name) throw new UsageError(`${variable} in the environment is not an option.${didYouMean(variable, byVariable.keys())}`);
    values[name] = value;
  }
  return { origin: 'environment', values };
};

const fileLayer = async (path: string, required: boolean): Promise<Layer | undefined> => {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    if (!required && (cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new UsageError(`The config file ${path} cannot be read: ${(cause as Error).message}.`, { cause });
  }
  let values: unknown;
  try {
    values = JSON.parse(text);
  } catch (cause) {
    throw new UsageError(`The config file ${path} is not JSON: ${(cause as Error).message}.`, { cause });
  }
  if (typeof values !== 'object' || values === null || Array.isArray(values))
    throw new UsageError(`The config file ${path} must hold one JSON object of options.`);
  return { origin: path, values: Object.fromEntries(Object.entries(values).filter(([key]) => key !== '$schema')) };
};

/** The user's own config file: under XDG_CONFIG_HOME, on Windows under APPDATA. */
const userFile = (env: NodeJS.ProcessEnv): string =>
  join(env.XDG_CONFIG_HOME || (process.platform === 'win32' && env.APPDATA) || join(homedir(), '.config'), 'rerender', 'config.json');

/**
 * The layers under the flags, strongest first.
 * @param configFile a file to read in place of `rerender.config.json` of the working directory
 * @throws UsageError for files that cannot be read or are not JSON, and for unknown RERENDER_ variables
 */
export const layersBelowFlags = async (configFile: string | undefined, env: NodeJS.ProcessEnv): Promise<Layer[]> => {
  const project = configFile ?? env.RERENDER_CONFIG;
  const layers = [
    environmentLayer(env),
    await fileLayer(project ?? PROJECT_FILE, project !== undefined),
    await fileLayer(userFile(env), false),
  ];
  return layers.filter(layer => layer !== undefined);
};
