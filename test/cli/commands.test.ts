// The table of commands as commander sees it: what each takes, refuses and tells of itself.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { COMMAND_NAMES } from '../../cli/commands.ts';
import { helpContext } from '../../cli/help-context.ts';
import { makeProgram } from '../../cli/program.ts';
import { OPTION_NAMES } from '../../config/layers.ts';
import type { OptionSpec } from '../../config/option.ts';
import { OPTIONS, type OptionName } from '../../config/options.ts';
import { longFlag } from '../../config/parse.ts';
import { embeddedModel, packageRoot } from '../../config/paths.ts';
import { valueText } from '../../config/value-text.ts';
import { inspectModel } from '../../models/inspect/inspect.ts';
import { doctor } from '../../pipeline/jobs/doctor.ts';
import { optionsOf } from '../../pipeline/session/request.ts';
import { rerenderCommand } from '../support/cli.ts';
import { temporaryFolder } from '../support/temporary.ts';

const folder = temporaryFolder();
const ran = (command: Command): Command[] =>
  [command, ...command.commands.flatMap(ran)].filter(c => c.commands.length === 0 || c.parent === null);
const program = makeProgram({ all: false });

test.each(ran(program).map(command => [command.name(), command] as const))('%s knows every flag of the table', (_, command) => {
  const flags = new Set(command.options.map(({ long }) => long));
  for (const name of OPTION_NAMES) expect(flags).toContain(longFlag(OPTIONS[name]));
});

test.each(OPTION_NAMES)('a command that reads no options refuses %s with what it belongs to', async name => {
  const spec: OptionSpec = OPTIONS[name];
  const argument = /[<[]/.test(spec.flag) ? ['1'] : [];
  const parse = (...command: string[]) =>
    makeProgram({ all: false }).parseAsync([...command, longFlag(spec), ...argument], { from: 'user' });
  await expect(parse('models', 'list')).rejects.toThrow(
    new RegExp(`^${longFlag(spec)} belongs to .*; \`rerender models list\` has no use for it`),
  );
  await expect(parse('presets')).rejects.toThrow(
    new RegExp(`^${longFlag(spec)} (belongs to .*; \`rerender presets\` has no use for it|goes with a clip)`),
  );
});

describe('a word that is no command', () => {
  test.each<[string[], RegExp]>([
    [['clean'], /^rerender: There is no such command as clean, nor a file of that name\. Commands: keyframes, generate, /],
    [['keyframs', 'clip.mp4', '--all'], /Did you mean keyframes\?/],
    [['-q', 'doctr'], /Did you mean doctor\?/],
  ])('%j', async (args, message) => {
    const { code, stderr } = await rerenderCommand(args);
    expect([code, stderr]).toEqual([2, expect.stringMatching(message)]);
  });

  test('is a clip where a file has that name, or where it looks like a path', async () => {
    writeFileSync(join(folder, 'clean'), 'no video\n'.repeat(50));
    const named = await rerenderCommand(['clean', '--style', 'x'], { cwd: folder });
    const path = await rerenderCommand(['./clean.mp4', '--style', 'x'], { cwd: folder });
    expect([named.code, path.code]).toEqual([4, 4]);
  });
});

describe('given twice', () => {
  test('a preset is refused, whatever it is', async () => {
    for (const second of ['oil', 'comic']) {
      const { code, stderr } = await rerenderCommand(['x.mp4', '--preset', 'comic', '--preset', second]);
      expect([code, stderr]).toEqual([2, `rerender: --preset is given twice, comic and ${second}: give one of them.\n`]);
    }
  });

  test('of other options with one value the last holds', async () => {
    const { stdout } = await rerenderCommand(['config', '--json', '--seed', '1', '--seed', '2']);
    expect(JSON.parse(stdout).seed).toEqual({ value: 2, origin: 'flag' });
  });
});

test('bench model reads its options before it writes gigabytes', async () => {
  const temporary = join(folder, 'temporary');
  mkdirSync(temporary);
  for (const [args, message] of [
    [['--threads', 'abc'], /--threads must be a whole number from 1 to 1024; got "abc"/],
    [['--threads', '0'], /--threads must be a whole number/],
    [['--device', 'quantum'], /--device must be auto, cpu, cuda, cuda:N/],
  ] as const) {
    const { code, stderr } = await rerenderCommand(['bench', 'model', ...args], { env: { TMPDIR: temporary } });
    expect([code, stderr]).toEqual([2, expect.stringMatching(message)]);
    expect(stderr).not.toContain('writing');
  }
  const absent = await rerenderCommand(['bench', 'model', '--device', 'dml'], { env: { TMPDIR: temporary } });
  expect([absent.code, absent.stderr]).toEqual([3, expect.not.stringContaining('writing')]);
  expect(readdirSync(temporary)).toEqual([]);
});

describe('--help', () => {
  const helpOf = async (argv: string[], name?: string): Promise<string> => {
    const made = makeProgram(await helpContext([...argv, '--help'], {}));
    const command = name === undefined ? made : made.commands.find(c => c.name() === name)!;
    return command.configureHelp({ helpWidth: 400 }).helpInformation();
  };
  const line = (help: string, flag: string): string => help.split('\n').find(text => text.includes(flag)) ?? '';

  test('shows the defaults of the embedded model, and which are its own', async () => {
    for (const help of [await helpOf([]), await helpOf(['generate', '--init', 'a.png'], 'generate')]) {
      expect(line(help, '--steps')).toContain("(default: 4, the model's)");
      expect(line(help, '--cfg-scale')).toContain("(default: 1, the model's)");
      expect(line(help, '--freeu ')).toContain("(default: 1.1,1.2,1,0.9, the model's)");
      expect(line(help, '--size')).toContain('(default: 512)');
    }
    const words = await helpOf(['generate'], 'generate');
    expect(line(words, 'rerender-mini restyles')).not.toContain('default');
    expect(line(words, '--size')).toContain("(default: 64, the model's)");
    expect(line(words, '--freeu ')).toContain("(default: off, the model's)");
  });

  test('shows those of the model that is named; of one that is not there it says whose they are', async () => {
    const plain = join(folder, 'plain');
    const video = join(folder, 'video');
    mkdirSync(plain);
    mkdirSync(join(video, 'unet'), { recursive: true });
    writeFileSync(join(video, 'unet', 'config.json'), '{"_class_name": "UNet3DConditionModel"}');
    expect(line(await helpOf(['--model', plain]), '--steps')).toContain('(default: 20)');
    expect(line(await helpOf([`--model=${video}`], 'generate'), '--size')).toContain("(default: 256, the model's)");
    expect(line(await helpOf(['--model', join(folder, 'none')]), '--steps')).toContain("(default: the model's, else 20)");
    expect((await rerenderCommand(['--help', '--model', join(folder, 'none')])).code).toBe(0);
  });

  test('says of a negated flag whether it holds', async () => {
    expect(line(await helpOf([]), '--no-cache')).toContain('(default: off)');
    expect([true, false].map(value => valueText(OPTIONS.colorPreserve, value))).toEqual(['off', 'on']);
    expect([true, false].map(value => valueText(OPTIONS.overwrite, value))).toEqual(['on', 'off']);
  });

  test('names every command', () => {
    expect(COMMAND_NAMES).toEqual(program.commands.map(c => c.name()));
  });
});

describe('README', () => {
  const readme = readFileSync(join(packageRoot, 'README.md'), 'utf8');

  test('has the defaults that hold with the embedded model', async () => {
    const options = await optionsOf({ input: '' });
    const byFlag = new Map<string, OptionName>(OPTION_NAMES.map(name => [longFlag(OPTIONS[name]), name]));
    const rows = [...readme.matchAll(/^\| `(--[\w-]+)[^|]*\|([^|]*)\|/gm)].map(([, flag = '', cell = '']) => [flag, cell.trim()] as const);
    expect(rows.length).toBeGreaterThan(8);
    for (const [flag, cell] of rows) {
      const name = byFlag.get(flag)!;
      expect([flag, cell]).toEqual([flag, valueText(OPTIONS[name], options[name])]);
    }
  });

  test("has the embedded model's figures as doctor and `models inspect` tell them", async () => {
    const found = await doctor(await optionsOf({ input: '' }));
    const text = found.find(({ what }) => what === 'model')!.text;
    const [, told] = /([\d.]+) M parameters/.exec(text) ?? [];
    const canny = (await inspectModel(join(embeddedModel, 'controlnet_canny'))).parts[0]!.parameters;
    const inspected = (await inspectModel(embeddedModel)).parts.reduce((sum, { parameters }) => sum + parameters, 0);
    expect((inspected / 1e6).toFixed(1)).toBe(told);
    expect(readme).toContain(
      `${told} M parameters with its tile ControlNet, ${((inspected + canny) / 1e6).toFixed(1)} M with Canny's, too`,
    );
  });
});
