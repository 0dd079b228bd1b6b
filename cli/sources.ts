// Reads the layers below the flags: environment, project file, user file. Only the command line does this; the library takes options.
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { UsageError } from '../config/errors.ts';
import { environmentName, type Layer, OPTION_NAMES } from '../config/layers.ts';
import { readOptionsFile } from '../config/options-file.ts';
import type { RerenderImport } from '../config/rerender-json.ts';
import { didYouMean } from '../config/suggest.ts';
import { type ConfigFile, parseConfig, readNamedConfig } from './config-file.ts';
import { checkFolderOptions, isTrusted, TRUST_KEY } from './folder-trust.ts';

const PROJECT_FILE = 'rerender.config.json';

/** Variables that are not options. */
const OTHER_VARIABLES = ['RERENDER_CONFIG', 'RERENDER_DATABASE_URL', 'RERENDER_STORE'];

const environmentLayer = (env: NodeJS.ProcessEnv): Layer => {
  const byVariable = new Map<string, string>(OPTION_NAMES.map(name => [environmentName(name), name]));
  const values: Record<string, unknown> = {};
  for (const [variable, value] of Object.entries(env)) {
    if (!variable.startsWith('RERENDER_') || OTHER_VARIABLES.includes(variable)) continue;
    const name = byVariable.get(variable);
    if (!name) throw new UsageError(`${variable} in the environment is not an option.${didYouMean(variable, byVariable.keys())}`);
    values[name] = value;
  }
  return { origin: { kind: 'environment' }, values };
};

/** Who vouches for a config file: the user wrote or named it, the user trusts its folder, or nobody. */
export type Vouched = 'own' | 'named' | 'trusted folder' | 'nobody';

/** Where options come from, below the flags. */
export type Sources = {
  /** Strongest first. */
  readonly layers: readonly Layer[];
  /** The config of Rerender A Video that the project has, if it has one. */
  readonly imported: RerenderImport | undefined;
  readonly files: readonly { readonly path: string; readonly vouched: Vouched }[];
  /** What was left out, a sentence each. */
  readonly warnings: readonly string[];
};

/** The folder of the user's configs: XDG_CONFIG_HOME, on Windows APPDATA, else in the home. */
const userFolder = (env: NodeJS.ProcessEnv): string =>
  env.XDG_CONFIG_HOME || (process.platform === 'win32' && env.APPDATA) || join(homedir() || '.', '.config');

type UserConfig = { readonly path: string; readonly config?: ConfigFile; readonly trusted?: unknown; readonly warning?: string };

/** The user's own config. A home that is not there or cannot be read, as in containers and services, leaves it out. */
const readUserConfig = async (env: NodeJS.ProcessEnv): Promise<UserConfig> => {
  let path = join('~', '.config', 'rerender', 'config.json');
  const skipped = (reason: string) => ({ path, warning: `the user's config is left out: ${reason}` });
  let bytes: Buffer;
  try {
    path = join(userFolder(env), 'rerender', 'config.json');
    if (!isAbsolute(path)) return skipped(`${path} is no absolute path (HOME or XDG_CONFIG_HOME), so it could be anybody's`);
    bytes = await readFile(path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT' && (cause as NodeJS.ErrnoException).syscall === 'open') return { path };
    const { code, message } = cause as NodeJS.ErrnoException;
    return skipped(code === 'ERR_SYSTEM_ERROR' ? 'this user has no home' : `${path} cannot be read (${code ?? message})`);
  }
  const { [TRUST_KEY]: trusted, ...values } = parseConfig(bytes, path).values;
  return { path, config: { path, values }, trusted };
};

type Project = ConfigFile & { readonly vouched: Vouched };

const isDenied = (error: unknown): boolean =>
  error instanceof UsageError && ['EACCES', 'EPERM'].includes(String((error.cause as NodeJS.ErrnoException | undefined)?.code));

/**
 * The config of the current folder; a folder that may not be read, such as another user's, has none.
 * @throws UsageError when it sets what only a file that somebody vouches for may set
 */
const readFolderConfig = async (user: UserConfig, warn: (message: string) => void): Promise<Project | undefined> => {
  const bytes = await readOptionsFile(PROJECT_FILE).catch(error => {
    if (!isDenied(error)) throw error;
    warn(`the current folder's config is left out: ${error.message}`);
    return undefined;
  });
  if (bytes === undefined) return undefined;
  const config = parseConfig(bytes, PROJECT_FILE);
  const folder = process.cwd();
  if (isTrusted(folder, user.trusted, user.path)) return { ...config, vouched: 'trusted folder' };
  const keyOf = (name: string) => config.imported?.keys.find(({ options }) => Object.hasOwn(options, name))?.key ?? name;
  checkFolderOptions(config.values, { file: PROJECT_FILE, folder, userFile: user.path, keyOf });
  return { ...config, vouched: 'nobody' };
};

/**
 * Gathers the layers under the flags.
 * @param named a file to read in place of `rerender.config.json` of the working directory
 * @throws UsageError for files that cannot be read, are not JSON or set what they may not, and for unknown RERENDER_ variables
 */
export const gatherSources = async (named: string | undefined, env: NodeJS.ProcessEnv): Promise<Sources> => {
  const environment = environmentLayer(env);
  const user = await readUserConfig(env);
  const file = named ?? (env.RERENDER_CONFIG || undefined);
  const warnings: string[] = user.warning === undefined ? [] : [user.warning];
  const project =
    file === undefined
      ? await readFolderConfig(user, message => warnings.push(message))
      : { ...(await readNamedConfig(file)), vouched: 'named' as const };
  if (project && Object.hasOwn(project.values, TRUST_KEY)) {
    throw new UsageError(`${project.path} sets ${TRUST_KEY}, which only your own config ${user.path} may set: remove that key.`);
  }
  const own = user.config && { ...user.config, vouched: 'own' as const };
  const files = [project, own].filter(config => config !== undefined);
  return {
    layers: [
      environment,
      ...files.map(
        ({ path, values, vouched }): Layer => ({ origin: { kind: vouched === 'own' ? 'user file' : 'file', detail: path }, values }),
      ),
    ],
    imported: project?.imported,
    files: files.map(({ path, vouched }) => ({ path, vouched })),
    warnings,
  };
};
