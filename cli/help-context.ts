// The defaults that --help shows: those that hold for the model in use.
import { access } from 'node:fs/promises';
import { type Layer, settle } from '../config/layers.ts';
import type { HelpContext } from './flags.ts';
import { gatherSources } from './sources.ts';

const ASKS = ['-h', '--help', '--help-all'];

/** The value of a flag in arguments that are not parsed yet; of several the last. */
const typedValue = (flag: string, argv: readonly string[]): string | undefined =>
  argv
    .flatMap((part, i) => (part === flag ? [argv[i + 1] ?? []] : part.startsWith(`${flag}=`) ? [part.slice(flag.length + 1)] : []))
    .flat()
    .at(-1);

/** What --help shows for these arguments. A model or a config that cannot be read leaves the model's defaults unsaid, and --help works. */
export const helpContext = async (argv: readonly string[], env: NodeJS.ProcessEnv): Promise<HelpContext> => {
  const all = argv.includes('--help-all');
  if (!argv.some(part => ASKS.includes(part))) return { all };
  try {
    const { locateModel } = await import('../pipeline/session/locate-model.ts');
    const { settleRun } = await import('../pipeline/session/settle.ts');
    const typed: Layer = { origin: { kind: 'flag' }, values: { model: typedValue('--model', argv) } };
    const { layers } = await gatherSources(typedValue('--config', argv), env);
    const { options } = settle([typed, ...layers]);
    await access(await locateModel(options));
    return {
      all,
      defaults: await settleRun([{ origin: { kind: 'default' }, values: { model: options.model, modelFolders: options.modelFolders } }]),
    };
  } catch {
    return { all };
  }
};
