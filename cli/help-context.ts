// The defaults that --help shows: those that hold for the model in use.
import { access } from 'node:fs/promises';
import { type Layer, settle } from '../config/layers.ts';
import type { HelpContext } from './flags.ts';
import { gatherSources } from './sources.ts';

const ASKS = ['-h', '--help', '--help-all'];

/** What decides which model is in use: its name, and the pictures that `generate` draws over. */
const DECIDING = [
  ['model', '--model'],
  ['init', '--init'],
  ['controlImage', '--control-image'],
] as const;

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
    const { withWordsModel } = await import('../pipeline/session/words-model.ts');
    const typed: Layer = {
      origin: { kind: 'flag' },
      values: Object.fromEntries(DECIDING.map(([name, flag]) => [name, typedValue(flag, argv)])),
    };
    const layers = [typed, ...(await gatherSources(typedValue('--config', argv), env)).layers];
    const generates = argv[0] === 'generate';
    const { model, modelFolders } = settle(generates ? withWordsModel(layers) : layers).options;
    await access(await locateModel({ model, modelFolders }));
    const named: Layer = { origin: { kind: 'default' }, values: { model, modelFolders } };
    const defaults = await settleRun([named], generates ? 'prompt' : 'clip');
    const asked = settle(layers).options.model; // an embedded one has no place that anybody would type
    return { all, defaults: { ...defaults, options: { ...defaults.options, model: asked } } };
  } catch {
    return { all };
  }
};
