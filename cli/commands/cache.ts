// `rerender cache`: what finished parts lie on this machine, and removing them.
import { UsageError } from '../../config/errors.ts';
import type { Layer } from '../../config/layers.ts';
import { settle } from '../../config/layers.ts';
import type { Options } from '../../config/options.ts';
import { didYouMean } from '../../config/suggest.ts';
import { refuseUnread } from '../../config/unread.ts';
import { ageOf } from '../age.ts';
import { command } from '../command.ts';
import { JSON_FLAG } from '../common-flags.ts';
import { cacheText, cleanedText } from '../report/cache-text.ts';
import { gatherSources } from '../sources.ts';

const loadJobs = () => import('../../pipeline/jobs/cache.ts');

const CONFIG_FLAG = { flag: '--config <file>', help: 'JSON of options; default ./rerender.config.json' };
const FLAGS = { Report: [CONFIG_FLAG, JSON_FLAG] };

type CacheFlags = { readonly json?: boolean; readonly config?: string };
type CleanFlags = CacheFlags & { readonly older?: string; readonly clip?: string };

const optionsOf = async (typed: Layer, { config }: CacheFlags): Promise<Options> => {
  refuseUnread([typed], ['cache']);
  const { layers, warnings } = await gatherSources(config, process.env);
  for (const warning of warnings) process.stderr.write(`warning: ${warning}\n`);
  return settle([typed, ...layers]).options;
};

const print = (value: unknown, text: string, { json }: CacheFlags): void => {
  process.stdout.write(json ? `${JSON.stringify(value, undefined, 2)}\n` : `${text}\n`);
};

const list = async (typed: Layer, flags: CacheFlags): Promise<void> => {
  const { listCache } = await loadJobs();
  const found = await listCache(await optionsOf(typed, flags));
  print(found, cacheText(found), flags);
};

const clean = async (typed: Layer, flags: CleanFlags): Promise<void> => {
  const older = flags.older === undefined ? undefined : ageOf(flags.older);
  const { cleanCache } = await loadJobs();
  const cleaned = await cleanCache(await optionsOf(typed, flags), { older, clip: flags.clip });
  print(cleaned, cleanedText(cleaned), flags);
};

const SUMMARY = 'Lists what finished parts lie on this machine, by clip.';

export const cacheCommand = command<CacheFlags>({
  name: 'cache',
  summary: `${SUMMARY.slice(0, -1)}; \`rerender cache clean\` removes them.`,
  usage: '[list|clean] [options]',
  jobs: ['cache'],
  showsAll: true,
  flags: FLAGS,
  subcommands: [
    command<CacheFlags>({
      name: 'list',
      summary: SUMMARY,
      jobs: ['cache'],
      showsAll: true,
      flags: FLAGS,
      run: ({ flags, layer }) => list(layer, flags),
    }),
    command<CleanFlags>({
      name: 'clean',
      summary: 'Removes finished parts; what a run that goes on uses is left alone.',
      jobs: ['cache'],
      showsAll: true,
      flags: {
        Clean: [
          { flag: '--older <age>', help: 'only what was not used for so long: 12h, 30d, 2w' },
          { flag: '--clip <clip>', help: "only what was made of this clip: its path, or its name in the cache's list" },
        ],
        ...FLAGS,
      },
      run: ({ flags, layer }) => clean(layer, flags),
    }),
  ],
  run: ({ positionals: [word], flags, layer }) => {
    if (word === undefined) return list(layer, flags);
    throw new UsageError(`There is no \`rerender cache ${word}\`.${didYouMean(word, ['list', 'clean'])} It is \`list\` or \`clean\`.`);
  },
});
