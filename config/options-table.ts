// The option table as a page of documentation.
import { jobsText } from './jobs.ts';
import { environmentName, OPTION_NAMES } from './layers.ts';
import { GROUPS, type OptionSpec } from './option.ts';
import { OPTIONS, type OptionName } from './options.ts';
import { ruleOf } from './parse.ts';
import { FOLDER_OPTIONS, MODEL_OPTIONS, staysInside } from './trust.ts';
import { valueText } from './value-text.ts';

const HEAD = '| flag | meaning | values | default | key | read by | a change redoes |';

const cell = (text: string): string => text.replaceAll('|', '\\|');

/** Of a flag whether it holds; a negated one is off where its key is true. Without a default what leaving the option out means. */
const defaultText = (spec: OptionSpec): string => valueText(spec, spec.default) || spec.without || '-';

const COLUMNS = 140;

/** The names in a row, which goes on in a new line where it would be too long. */
const listed = (names: readonly OptionName[]): string =>
  names
    .map(name => `\`${name}\``)
    .reduce((row, name) => {
      const column = row.length - 1 - row.lastIndexOf('\n');
      return `${row},${column + 1 + 1 + name.length + 1 > COLUMNS ? '\n' : ' '}${name}`;
    });

/** Which options the files of others may set; why is told in docs/configuration.md. */
const trustLines = (): string[] => [
  '',
  '## Files of others',
  '',
  "What files that came with a download may set ([configuration.md](configuration.md)). A model's `rerender.json`:",
  listed(MODEL_OPTIONS),
  '',
  'A `rerender.config.json` in the current folder that you have neither named nor trusted: those, and',
  listed(FOLDER_OPTIONS.filter(name => !MODEL_OPTIONS.includes(name))),
  '',
  `Of these, ${listed(FOLDER_OPTIONS.filter(staysInside))} name places inside that folder only. Nobody but you sets`,
  listed(OPTION_NAMES.filter(name => !FOLDER_OPTIONS.includes(name))),
];

/**
 * Markdown with one table a group: flag, what it means, values, default, the key of config files, what reads it, and what a change redoes.
 * @param redoes what is made anew when an option changes, in words
 */
export const optionsMarkdown = (redoes: (name: OptionName) => string): string => {
  const parts = [
    '# Options',
    '',
    'Made from `config/options.ts` by `npm run docs`. The key is the name in config files and in the library; the environment',
    `spells it in capitals, e.g. \`${environmentName('cfgScale')}\`. A \`--no-\` flag that is on sets its key to false.`,
    'Defaults hold where neither the model nor a preset recommends another value; `--help` and `rerender config` show those of the',
    'model in use. Where an option has no value by default, the column says what that means.',
    'A flag, or a field of a library call, that a command has no use for is refused; config files may hold options of several.',
    'The last column says what is made anew when an option changes, and what follows from it; everything else is found finished',
    '(docs/architecture.md). `-`: the result is put together anew from finished parts, or nothing changes.',
  ];
  for (const group of GROUPS) {
    parts.push('', `## ${group}`, '', HEAD, '| --- | --- | --- | --- | --- | --- | --- |');
    for (const name of OPTION_NAMES) {
      const spec: OptionSpec = OPTIONS[name];
      if (spec.group !== group) continue;
      const flag = [spec.flag, ...(spec.aliases ?? [])].map(f => `\`${f}\``).join(', ');
      const cells = [flag, spec.help, ruleOf(spec), defaultText(spec), `\`${name}\``, jobsText(spec.for), redoes(name)];
      parts.push(`| ${cells.map(cell).join(' | ')} |`);
    }
  }
  return `${[...parts, ...trustLines()].join('\n')}\n`;
};
