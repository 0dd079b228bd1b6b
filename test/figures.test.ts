// Figures that documentation repeats: each is what the program itself says of the embedded model and of its options.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { OptionSpec } from '../config/option.ts';
import { OPTIONS, type OptionName } from '../config/options.ts';
import { longFlag } from '../config/parse.ts';
import { embeddedModel, packageRoot, wordsModel } from '../config/paths.ts';
import { valueText } from '../config/value-text.ts';
import { EMBEDDED_WORDS } from '../models/inspect/embedded.ts';
import { inspectModel } from '../pipeline/index.ts';

const textOf = (...path: string[]): string => readFileSync(join(...path), 'utf8');

/** Parameters in millions of each network of the embedded model, the ControlNets by their folders. */
const parameters = async (): Promise<Record<string, number>> => {
  const { parts } = await inspectModel(embeddedModel);
  const [canny] = (await inspectModel(join(embeddedModel, 'controlnet_canny'))).parts;
  const counts = parts.map(({ name, parameters: count }) => [name, count / 1e6] as const);
  return Object.fromEntries([...counts, ['controlnet_canny', canny!.parameters / 1e6]]);
};

const bytesOf = (folder: string): number =>
  (readdirSync(folder, { recursive: true }) as string[])
    .map(path => statSync(join(folder, path)))
    .reduce((sum, about) => sum + (about.isFile() ? about.size : 0), 0);

describe('figures of the embedded model', () => {
  test('README: parameters with one ControlNet and with both, and size', async () => {
    const found = /([\d.]+) M parameters with its tile ControlNet, ([\d.]+) M with Canny's, too, (\d+) MB/.exec(
      textOf(packageRoot, 'README.md'),
    );
    const { controlnet_canny: canny = 0, ...others } = await parameters();
    const tile = Object.values(others).reduce((sum, count) => sum + count, 0);
    expect(found?.slice(1)).toEqual([tile.toFixed(1), (tile + canny).toFixed(1), (bytesOf(embeddedModel) / 1e6).toFixed(0)]);
  });

  test('its card: parameters of each network, and size', async () => {
    const card = textOf(embeddedModel, 'README.md');
    const rows = [...card.matchAll(/^\| (\w+) \| .* \| ([\d.]+) M \|$/gm)].map(([, name, count]) => [name!, count!] as const);
    const expected = Object.entries(await parameters()).map(([name, count]) => [name, count.toFixed(2)]);
    expect(Object.fromEntries(rows)).toEqual(Object.fromEntries(expected));
    expect(/no other model is named: (\d+) MB/.exec(card)?.[1]).toBe((bytesOf(embeddedModel) / 1e6).toFixed(0));
  });
});

test('the card of rerender-words: parameters of each network, size, every word, and whose drawings it learned from', async () => {
  const card = textOf(wordsModel, 'README.md');
  const rows = [...card.matchAll(/^\| (\w+) \| .* \| ([\d.]+) M \|$/gm)].map(([, name, count]) => [name!, count!] as const);
  const { parts } = await inspectModel(wordsModel);
  expect(rows.sort()).toEqual(parts.map(({ name, parameters: count }) => [name, (count / 1e6).toFixed(2)] as const).sort());
  const megabytes = (bytesOf(wordsModel) / 1e6).toFixed(0);
  expect(/no model is named: (\d+) MB/.exec(card)?.[1]).toBe(megabytes);
  const words = (JSON.parse(textOf(wordsModel, 'words.json')) as string[]).sort();
  const [, listed = ''] = /\n\n(airplane, [^.]*?)\n\n/.exec(card) ?? [];
  expect(listed.replaceAll('\n', ' ').split(', ')).toEqual(words);
  const hands = [...card.matchAll(/^\| (\w+) \| \[.*@iconify-json/gm)].map(([, hand]) => hand!);
  expect(hands).toEqual(EMBEDDED_WORDS.hands);
});

test("README's defaults are those of the embedded model, else the option table's", () => {
  const recommended = JSON.parse(textOf(embeddedModel, 'rerender.json')) as Record<string, unknown>;
  const names = Object.keys(OPTIONS) as OptionName[];
  const rows = [...textOf(packageRoot, 'README.md').matchAll(/^\| `(--[\w-]+)[^|]*\| ([^|]*) \|/gm)];
  expect(rows.length).toBeGreaterThan(8);
  for (const [, flag, shown] of rows) {
    const name = names.find(key => longFlag(OPTIONS[key]) === flag)!;
    const spec: OptionSpec = OPTIONS[name];
    expect(`${flag} ${shown!.trim()}`.trim()).toBe(`${flag} ${valueText(spec, recommended[name] ?? spec.default)}`.trim());
  }
});
