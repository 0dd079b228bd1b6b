// `rerender presets`: the named styles.
import { PRESETS } from '../../config/presets.ts';
import { command } from '../command.ts';
import { JSON_FLAG } from '../common-flags.ts';

const showPresets = (flags: { json?: boolean }): void => {
  if (flags.json) {
    process.stdout.write(`${JSON.stringify(PRESETS, undefined, 2)}\n`);
    return;
  }
  const width = Math.max(...Object.keys(PRESETS).map(name => name.length));
  for (const [name, preset] of Object.entries(PRESETS))
    process.stdout.write(`${name.padEnd(width)}  ${preset.style ?? 'the settings of Rerender A Video; give a --style beside it'}\n`);
};

export const presetsCommand = command<{ readonly json?: boolean }>({
  name: 'presets',
  summary: 'Lists the named styles.',
  flags: { Terminal: [JSON_FLAG] },
  run: ({ flags }) => showPresets(flags),
});
