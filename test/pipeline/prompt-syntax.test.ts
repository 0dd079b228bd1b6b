// Instructions that other programs read in prompts: told, and never where a prompt is ordinary text.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { PRESETS } from '../../config/presets.ts';
import { promptWarnings } from '../../pipeline/session/prompt-syntax.ts';
import { noise } from '../models/graphs.ts';
import { rerenderCommand } from '../support/cli.ts';
import { writeClipModel } from '../support/clip-model.ts';
import { exampleClip } from '../support/example.ts';
import { safetensorsBytes } from '../support/safetensors.ts';
import { temporaryFolder } from '../support/temporary.ts';

const folder = temporaryFolder();

describe('promptWarnings', () => {
  test.each<[prompt: string, shown: string, instead: string]>([
    ['a (blue eyes:1.3) cat', '(blue eyes:1.3)', '--negative-prompt'],
    ['(cat:2)', '(cat:2)', 'no weights'],
    ['(cat:.5)', '(cat:.5)', 'no weights'],
    ['(cat : -0.5 )', '(cat : -0.5 )', 'no weights'],
    ['a (red (old) house:1.1)', '(red (old) house:1.1)', 'no weights'],
    ['a ((masterpiece)) of ink', '((masterpiece))', 'no weights'],
    ['(((masterpiece)))', '((masterpiece))', 'no weights'],
    ['a [blurry] cat', '[blurry]', 'no weights'],
    ['a [cat:dog:0.5]', '[cat:dog:0.5]', 'from step to step'],
    ['a [cat|dog]', '[cat|dog]', 'from step to step'],
    ['ink <lora:ink_style:0.8>', '<lora:ink_style:0.8>', '--lora ink_style:0.8'],
    ['ink <lora:ink>', '<lora:ink>', '--lora ink:1'],
    ['ink <lyco:ink:0.5:0.2>', '<lyco:ink:0.5:0.2>', '--lora ink:0.5'],
    ['ink <hypernet:ink:1>', '<hypernet:ink:1>', 'not supported'],
    ['a cat, BREAK, a dog', 'BREAK', 'one piece'],
    ['a cat\nBREAK\nA dog', 'BREAK', 'one piece'],
    ['a cat BREAK A dog', 'BREAK', 'one piece'],
    ['a cat AND a dog', 'AND', 'one prompt is drawn'],
  ])('%s', (prompt, shown, instead) => {
    const [warning, ...more] = promptWarnings({ prompt });
    expect(more).toEqual([]);
    expect(warning).toContain(`the prompt has ${shown}, which is read as plain text: `);
    expect(warning).toContain(instead);
    expect(promptWarnings({ prompt: 'a cat', 'negative prompt': prompt })).toEqual([warning!.replace('the prompt', 'the negative prompt')]);
  });

  test.each([
    'a house (red)',
    'a house (red) (old), with (very) small windows',
    'a house (red (dark))',
    'a screen (16:9), at night (10:30), (note: 5)',
    'Isaiah (9:6), a ratio 4:3, a lens f/1.8 (85mm)',
    'a face :) or :(, a heart <3, a > b < c',
    'a cat <R> stone, in the style of <toy>',
    'breakfast and a break, Brand new',
    'a sign that says TAKE A BREAK',
    'a poster: ROCK AND ROLL',
    'SALT AND PEPPER ON A TABLE',
    'a cat \\(animal\\), \\[sic\\]',
    'a closing ) and an opening (, and ] and [',
    '',
    ...Object.values(PRESETS).map(({ style = '' }) => style),
  ])('no alarm: %s', prompt => {
    expect(promptWarnings({ prompt })).toEqual([]);
  });

  test('each kind is told once, of both prompts', () => {
    const prompts = { prompt: '(a:1.1), (b:1.2), [c], <lora:x:1> <lora:y:1>', 'negative prompt': '(d:1.4), [e], BREAK' };
    expect(promptWarnings(prompts).map(text => text.replace(/, which.*/, ''))).toEqual([
      'the prompt has (a:1.1)',
      'the prompt has [c]',
      'the prompt has <lora:x:1>',
      'the negative prompt has BREAK',
    ]);
  });

  test('tokens of embeddings are words, in either case; long texts are shortened', () => {
    expect(promptWarnings({ prompt: 'a [V] dog, [v] cat' }, ['[V]'])).toEqual([]);
    expect(promptWarnings({ prompt: 'a [V] [old] dog' }, ['[V]'])).toEqual([expect.stringContaining('has [old],')]);
    expect(promptWarnings({ prompt: `(${'very '.repeat(50)}old:1.2)` })[0]).toMatch(/has \((very ){7}very\.\.\., which/);
  });

  test('time grows with the length of a prompt, whatever it holds', () => {
    for (const part of ['(', '((', '[', '(a:', '<lora:', 'A ', 'BREAK ']) promptWarnings({ prompt: part.repeat(3000) });
  });
});

describe('every command that takes a prompt', () => {
  const clip = exampleClip();
  const video = join(folder, 'clips');
  beforeAll(() => {
    writeClipModel(video);
    writeFileSync(join(folder, 'v.safetensors'), safetensorsBytes({ '[V]': noise('v', [128]) }));
  });
  const out = (name: string): string[] => ['-o', join(folder, name), '--work-dir', join(folder, 'work'), '--size', '64', '--steps', '2'];

  test.each<[string, () => string[]]>([
    ['the main job, planned', () => [clip, '--dry-run', '--frames', '0-3', '--style', 'PROMPT', ...out('a.mp4')]],
    ['the main job with a video model, planned', () => [clip, '--dry-run', '--model', video, '--style', 'PROMPT', ...out('b.mp4')]],
    ['key frames', () => ['keyframes', clip, '--frames', '0-0', '--style', 'PROMPT', ...out('keys')]],
    ['pictures', () => ['generate', '-p', 'PROMPT', ...out('c.png')]],
    ['clips', () => ['generate', '--model', video, '--frames', '2', '-p', 'PROMPT', ...out('d.mp4')]],
  ])('%s', async (_, args) => {
    const prompted = args().map(arg => (arg === 'PROMPT' ? 'a (red:1.3) cat <lora:ink:0.8>' : arg));
    const { code, stderr } = await rerenderCommand([...prompted, '-n', 'BREAK it']);
    expect([code, stderr]).toEqual([0, expect.stringContaining('the prompt has (red:1.3), which is read as plain text')]);
    expect(stderr).toContain('--lora ink:0.8');
    expect(stderr).toContain('the negative prompt has BREAK');
    expect(stderr.match(/plain text/g)).toHaveLength(3);
  });

  test('a token of --embedding is no instruction', async () => {
    const prompt = ['generate', '-p', 'a [V] cat (red)', '--embedding', join(folder, 'v.safetensors'), ...out('e.png')];
    const { code, stderr } = await rerenderCommand(prompt);
    expect([code, stderr]).toEqual([0, expect.not.stringContaining('plain text')]);
  });
});
