// The option table as a page of documentation.
import { environmentName, OPTION_NAMES } from './layers.ts';
import { GROUPS, type OptionSpec } from './option.ts';
import { OPTIONS, type OptionName } from './options.ts';
import { ruleOf } from './parse.ts';
import { FOLDER_OPTIONS, MODEL_OPTIONS, staysInside } from './trust.ts';

const cell = (text: string): string => text.replaceAll('|', '\\|');

const shown = (value: unknown): string => {
  if (value === undefined || value === '' || (Array.isArray(value) && value.length === 0)) return '-';
  return typeof value === 'string' ? value : JSON.stringify(value);
};

const listed = (names: readonly OptionName[]): string => names.map(name => `\`${name}\``).join(', ');

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

/** Markdown with one table a group: flag, what it means, values, default, and the key of config files. */
export const optionsMarkdown = (): string => {
  const parts = [
    '# Options',
    '',
    'Made from `config/options.ts` by `npm run docs`. The key is the name in config files and in the library; the environment',
    `spells it in capitals, e.g. \`${environmentName('cfgScale')}\`.`,
  ];
  for (const group of GROUPS) {
    parts.push('', `## ${group}`, '', '| flag | meaning | values | default | key |', '| --- | --- | --- | --- | --- |');
    for (const name of OPTION_NAMES) {
      const spec: OptionSpec = OPTIONS[name];
      if (spec.group !== group) continue;
      const flag = [spec.flag, ...(spec.aliases ?? [])].map(f => `\`${f}\``).join(', ');
      parts.push(`| ${[flag, spec.help, ruleOf(spec), shown(spec.default), `\`${name}\``].map(cell).join(' | ')} |`);
    }
  }
  return `${[...parts, ...trustLines()].join('\n')}\n`;
};
