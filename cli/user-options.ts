// Options that hold without flags, for commands that run no job: those of the environment and of config files.
import { settle } from '../config/layers.ts';
import type { Options } from '../config/options.ts';
import { gatherSources } from './sources.ts';

/** @throws UsageError as every command for a variable or a config file that is wrong */
export const userOptions = async (): Promise<Options> => settle((await gatherSources(undefined, process.env)).layers).options;
