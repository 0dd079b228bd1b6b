// Reads the layers below the flags: environment, project file, user file. Only the command line does this; the library takes options.
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { UsageError } from '../config/errors.ts';
import { parseJson } from '../config/json.ts';
import { environmentName, type Layer, OPTION_NAMES } from '../config/layers.ts';
import { importRerenderJson, isRerenderJson, type RerenderImport } from '../config/rerender-json.ts';
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

const readObject = async (path: string, required: boolean): Promise<Record<string, unknown> | undefined> => {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    if (!required && (cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new UsageError(`The config file ${path} cannot be read: ${(cause as Error).message}.`, { cause });
  }
  const values = parseJson(text, reason => new UsageError(`The config file ${path} ${reason}.`));
  if (typeof values !== 'object' || values === null || Array.isArray(values))
    throw new UsageError(`The config file ${path} must hold one JSON object of options.`);
  return Object.fromEntries(Object.entries(values).filter(([key]) => key !== '$schema'));
};

/** A config of Rerender A Video is imported; any other holds this program's own options. */
const fileLayer = async (path: string, required: boolean): Promise<Layer | undefined> => {
  const values = await readObject(path, required);
  if (values === undefined) return undefined;
  return { origin: path, values: isRerenderJson(values) ? importRerenderJson(values, path).values : values };
};

/** The file that stands for the project's: the one asked for, or `rerender.config.json`. */
const projectFile = (asked: string | undefined, env: NodeJS.ProcessEnv): { path: string; required: boolean } => {
  const path = asked ?? env.RERENDER_CONFIG;
  return { path: path ?? PROJECT_FILE, required: path !== undefined };
};

/** The config of Rerender A Video that a run was given, if it was: the clip that it names, and what each of its keys became. */
export const rerenderConfig = async (configFile: string | undefined, env: NodeJS.ProcessEnv): Promise<RerenderImport | undefined> => {
  const { path, required } = projectFile(configFile, env);
  const values = await readObject(path, required);
  return values && isRerenderJson(values) ? importRerenderJson(values, path) : undefined;
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
  const project = projectFile(configFile, env);
  const layers = [environmentLayer(env), await fileLayer(project.path, project.required), await fileLayer(userFile(env), false)];
  return layers.filter(layer => layer !== undefined);
};
