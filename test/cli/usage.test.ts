import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { rerenderCommand } from '../support/cli.ts';
import { exampleClip } from '../support/example.ts';
import { temporaryFolder } from '../support/temporary.ts';

const folder = temporaryFolder();
const clip = exampleClip();
const file = (name: string, content: string | Uint8Array = ''): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};
const text = file('text.mp4', 'this is no video at all\n'.repeat(100));
const empty = file('empty.mp4');
const existing = file('existing.mp4', 'kept');
const badConfig = file('bad.json', '{ "strenght": 0.5 }');
const noJson = file('no.json', 'steps = 3');
mkdirSync(join(folder, 'model', 'unet'), { recursive: true });

const STYLE = ['--style', 'a watercolor painting'];

describe('wrong usage is told in one sentence, with its exit code', () => {
  test.each<[string, string[], number, RegExp]>([
    ['no input', [], 2, /No input: give a clip/],
    ['no style', [clip], 2, /No style: say what the result should look like/],
    ['an unknown flag', [clip, '--stepps', '3'], 2, /unknown option '--stepps'[\s\S]*--steps/],
    ['a value out of range', [clip, ...STYLE, '--strength', '2'], 2, /--strength must be a number from 0 to 1; got "2"/],
    ['an unknown preset', [clip, '--preset', 'watercolour'], 2, /--preset watercolour is not known\. Did you mean watercolor\?/],
    ['an unknown key in a config file', [clip, ...STYLE, '--config', badConfig], 2, /unknown option strenght\. Did you mean strength\?/],
    ['a config file that is no JSON', [clip, ...STYLE, '--config', noJson], 2, /is not JSON/],
    ['an output that exists', [clip, ...STYLE, '-o', existing], 2, /existing\.mp4 exists: give -y/],
    ['the input as output', [clip, ...STYLE, '-o', clip, '-y'], 2, /is the input itself/],
    ['an output folder that is not there', [clip, ...STYLE, '-o', join(folder, 'no', 'out.mp4')], 2, /does not exist/],
    ['a start behind the end', [clip, ...STYLE, '--start', '60', '-o', join(folder, 'a.mp4')], 2, /start/],
    ['a missing input', [join(folder, 'nothing.mp4'), ...STYLE], 4, /nothing\.mp4/],
    ['an empty input', [empty, ...STYLE], 4, /empty/],
    ['a text as input', [text, ...STYLE], 4, /text\.mp4/],
    ['a folder without a video', [join(folder, 'model'), ...STYLE], 4, /the folder .*model holds no video/],
    ['an ffmpeg that is not there', [clip, ...STYLE, '--ffmpeg', join(folder, 'ffmpeg')], 3, /--ffmpeg names .*no such file/],
    ['a model that is not there', [clip, ...STYLE, '--model', join(folder, 'nomodel')], 3, /no model folder/],
    [
      'a model without its parts',
      [clip, ...STYLE, '--model', join(folder, 'model'), '-o', join(folder, 'a.mp4')],
      3,
      /has no unet.config\.json, /,
    ],
    ['a ControlNet that is not there', [clip, ...STYLE, '--control', `canny=${join(folder, 'none')}`], 3, /No canny ControlNet in/],
    ['a device that cannot be had', [clip, ...STYLE, '--device', 'dml', '-o', join(folder, 'a.mp4')], 3, /device dml/],
  ])('%s', async (_, args, code, message) => {
    const ran = await rerenderCommand(args, { env: { RERENDER_WORK_DIR: join(folder, 'work') } });
    expect(ran.stderr).toMatch(message);
    expect(ran.stderr).not.toMatch(/\n {4}at /); // no stack
    expect(ran.stdout).toBe('');
    expect(ran.code).toBe(code);
  });

  test('an environment variable that is no option', async () => {
    const ran = await rerenderCommand([clip, ...STYLE], { env: { RERENDER_STEP: '3' } });
    expect(ran.stderr).toMatch(/RERENDER_STEP in the environment is not an option\. Did you mean RERENDER_STEPS\?/);
    expect(ran.code).toBe(2);
  });

  test('errors are JSON lines on request', async () => {
    const ran = await rerenderCommand([join(folder, 'nothing.mp4'), ...STYLE, '--json']);
    expect(JSON.parse(ran.stdout)).toMatchObject({ v: 1, type: 'error', message: expect.stringContaining('nothing.mp4') });
    expect(ran.code).toBe(4);
  });
});

describe('commands that only tell', () => {
  test('--version and --help', async () => {
    expect((await rerenderCommand(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    const help = await rerenderCommand(['--help']);
    expect(help.stdout).toMatch(/--style <prompt>[\s\S]*--interval <k\|auto>[\s\S]*Exit codes/);
    expect(help.stdout.split('\n').length).toBeLessThan(90);
    expect((await rerenderCommand(['--help-all'])).stdout).toContain('--freeu-stages');
  });

  test('what only tells loads few modules, and no package that draws', async () => {
    for (const args of [['--version'], ['config']]) {
      const scripts = join(folder, `scripts-${args[0]}`);
      await rerenderCommand(args, { env: { NODE_V8_COVERAGE: scripts } });
      const loaded = readdirSync(scripts).flatMap(file =>
        (JSON.parse(readFileSync(join(scripts, file), 'utf8')) as { result: { url: string }[] }).result.map(({ url }) => url),
      );
      const files = loaded.filter(url => url.startsWith('file:'));
      expect(files.filter(url => url.includes('/dist/cli/')).length).toBeGreaterThan(3);
      expect(files.length).toBeLessThan(60); // 24 and 36; 570 modules and 110 of packages before they were joined
      expect(files.filter(url => /onnxruntime|sharp|fluent-ffmpeg|opencv|huggingface/.test(url))).toEqual([]);
    }
  });

  test('config tells values and origins, in their order of precedence', async () => {
    const cwd = join(folder, 'project');
    mkdirSync(cwd);
    writeFileSync(join(cwd, 'rerender.config.json'), '{ "steps": 9, "seed": 1, "crf": 30 }');
    const ran = await rerenderCommand(['config', '--json', '--seed', '7', '--preset', 'comic'], {
      cwd,
      env: { RERENDER_STEPS: '11', XDG_CONFIG_HOME: folder },
    });
    const config = JSON.parse(ran.stdout) as Record<string, { value: unknown; origin: string }>;
    expect(config.seed).toEqual({ value: 7, origin: 'flag' });
    expect(config.steps).toEqual({ value: 11, origin: 'environment' });
    expect(config.crf).toEqual({ value: 30, origin: 'rerender.config.json' });
    expect(config.style!.origin).toBe('preset comic');
    expect(config.control).toEqual({ value: ['tile'], origin: 'model' });
    expect(config.size).toEqual({ value: 512, origin: 'default' });
  });

  test('doctor finds ffmpeg, the CPU and the embedded model', async () => {
    const ran = await rerenderCommand(['doctor', '--json']);
    const found = JSON.parse(ran.stdout) as { what: string; state: string; text: string }[];
    const state = (what: string) => found.find(f => f.what === what)?.state;
    expect([state('ffmpeg'), state('ffprobe'), state('device cpu'), state('model')]).toEqual(['ok', 'ok', 'ok', 'ok']);
    expect(ran.code).toBe(0);
  });

  test('presets are listed', async () => {
    expect((await rerenderCommand(['presets'])).stdout).toMatch(/^watercolor +a watercolor/m);
  });
});
