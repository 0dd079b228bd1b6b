// Config files: who vouches for them decides what they may set. Every program here would leave a marker.
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkFolderOptions, isTrusted } from '../../cli/folder-trust.ts';
import { packageRoot } from '../../config/paths.ts';
import { exampleClip } from '../support/example.ts';
import { start, startRerender } from '../support/process.ts';
import { temporaryFolder } from '../support/temporary.ts';

const root = realpathSync(temporaryFolder());
const clip = exampleClip();
const STYLE = ['--style', 'ink'];

/** A folder as a download leaves it: a config, and a program that leaves a marker. */
const download = (config: object | string) => {
  const folder = mkdtempSync(join(root, 'download-'));
  const evil = join(folder, 'evil.sh');
  writeFileSync(evil, '#!/bin/sh\necho ran > "$(dirname "$0")/marker"\n');
  chmodSync(evil, 0o755);
  writeFileSync(join(folder, 'rerender.config.json'), typeof config === 'string' ? config : JSON.stringify(config));
  return { folder, ran: () => existsSync(join(folder, 'marker')) };
};

/** A home with a config of the user's. */
const home = (config?: object): Record<string, string> => {
  const folder = mkdtempSync(join(root, 'home-'));
  if (config) {
    mkdirSync(join(folder, 'rerender'));
    writeFileSync(join(folder, 'rerender', 'config.json'), JSON.stringify(config));
  }
  return { XDG_CONFIG_HOME: folder };
};
const check = (values: object, folder: string) =>
  checkFolderOptions(values as Record<string, unknown>, { file: 'rerender.config.json', folder, userFile: 'config.json' });
const run = (args: readonly string[], cwd: string, env: Record<string, string> = home()) => startRerender(args, { cwd, env }).ended;

const COMMANDS = [
  ['doctor'],
  ['config'],
  [clip, ...STYLE, '--dry-run'],
  [clip, ...STYLE],
  ['generate', '--prompt', 'ink'],
  ['keyframes', clip],
];

describe('a config in the current folder that nobody vouches for', () => {
  it.each(COMMANDS)('runs no program: %s', async (...args) => {
    const { folder, ran } = download({ ffmpeg: './evil.sh' });
    const { code, stderr } = await run(args, folder);
    expect([code, ran()]).toEqual([2, false]);
    expect(stderr).toMatch(
      new RegExp(
        `^rerender: rerender\\.config\\.json in this folder sets ffmpeg, which a file that you have not trusted may not: ` +
          `name the file with --config rerender\\.config\\.json, or put "${folder}" into trustedFolders in [^\\n]*config\\.json\\.\\n$`,
      ),
    );
  });

  it.each([
    ['ffprobe', './evil.sh'],
    ['ffmpegArgs', '-f null - -y /etc/victim'],
    ['overwrite', true],
    ['workDir', 'work'],
    ['output', '/tmp/out.mp4'],
    ['output', '../out.mp4'],
    ['output', 'a/../../out.mp4'],
    ['previews', join(root, 'elsewhere')],
    ['freeuSpectrum', '../spectrum.json'],
  ])('does not set %s to %s', (key, value) => {
    const { folder } = download({});
    expect(() => check({ [key]: value }, folder)).toThrow(`rerender.config.json in this folder sets ${key}`);
  });

  it.skipIf(process.platform === 'win32')('writes through no link that leads out of the folder', () => {
    for (const [name, target, output] of [
      ['out', tmpdir(), 'out/x.mp4'],
      ['x.mp4', join(tmpdir(), 'not-there-yet.mp4'), 'x.mp4'],
    ] as const) {
      const { folder } = download({});
      symlinkSync(target, join(folder, name));
      expect(() => check({ output }, folder)).toThrow(/sets output to .*, outside the folder/);
    }
    const { folder } = download({});
    mkdirSync(join(folder, 'in'));
    symlinkSync('in', join(folder, 'out'));
    expect(() => check({ output: 'out/x.mp4', previews: '..keys', freeuSpectrum: './a/./s.json' }, folder)).not.toThrow();
  });

  it('sets what is drawn, and where in the folder it goes', async () => {
    const { folder } = download({ steps: 3, style: 'ink', output: 'results/out.mp4', previews: 'keys' });
    mkdirSync(join(folder, 'results'));
    const { stdout, code } = await run(['config', '--json'], folder);
    const config = JSON.parse(stdout);
    expect(code).toBe(0);
    expect([config.steps.value, config.output.value, config.previews.origin]).toEqual([3, 'results/out.mp4', 'rerender.config.json']);
    expect(config.files).toEqual([{ path: 'rerender.config.json', vouched: 'nobody' }]);
    expect((await run(['config'], folder)).stdout).toMatch(/^rerender\.config\.json: not trusted: may set neither programs/m);
  });

  it('may be a config of Rerender A Video, under the same rules and its own names', async () => {
    const { folder } = download({ input: clip, prompt: 'ink', work_dir: root, key_subdir: 'keys' });
    const { code, stderr } = await run(['--dry-run'], folder);
    expect(code).toBe(2);
    expect(stderr).toMatch(/in this folder sets key_subdir to .*keys, outside the folder/);
    expect((await run(['config'], download({ input: clip, prompt: 'ink', key_subdir: 'keys' }).folder)).code).toBe(0);
  });

  it.each(['null', '[]', '3', '{"__proto__": {"ffmpeg": "./evil.sh"}}', '{"constructor": 1}', '{"trustedFolders": ["*"]}'])(
    '%s is told',
    async text => {
      const { code, stderr } = await run(['config'], download(text).folder);
      expect(code).toBe(2);
      expect(stderr).toMatch(/^rerender: [^\n]*rerender\.config\.json[^\n]*\n$/);
    },
  );

  it.skipIf(process.platform === 'win32')('is not waited for where it is no plain file', async () => {
    const folder = mkdtempSync(join(root, 'endless-'));
    symlinkSync('/dev/zero', join(folder, 'rerender.config.json'));
    expect((await run(['config'], folder)).stderr).toMatch(/rerender\.config\.json cannot be read: it is no ordinary file/);
  });
});

describe('the same file, when the user vouches for it', () => {
  const EVIL = { ffmpeg: './evil.sh' };
  const vouched = async (folder: string, env: Record<string, string>, args: readonly string[] = ['doctor']) => run(args, folder, env);

  it('named by --config or RERENDER_CONFIG, it may name a program', async () => {
    for (const [args, env] of [
      [['doctor', '--config', 'rerender.config.json'], home()],
      [['doctor'], { ...home(), RERENDER_CONFIG: 'rerender.config.json' }],
    ] as const) {
      const { folder, ran } = download(EVIL);
      await vouched(folder, env, args);
      expect(ran()).toBe(true);
    }
  });

  it.each([
    ['the folder itself', (folder: string) => [folder]],
    ['all below one above it', () => [`${root}/*`]],
    ['every folder', () => ['/nowhere', '*']],
  ])("the user's own config trusts %s", async (_, list) => {
    const { folder, ran } = download(EVIL);
    const env = home({ trustedFolders: list(folder) });
    await vouched(folder, env);
    expect(ran()).toBe(true);
    const config = JSON.parse((await run(['config', '--json', '--ffmpeg', 'x'], folder, env)).stdout);
    expect(config.files[0]).toEqual({ path: 'rerender.config.json', vouched: 'trusted folder' });
  });

  it.each([
    ['a folder beside it', (folder: string) => [`${folder}x`]],
    ['the one above alone', () => [root]],
    ['what only begins like it', (folder: string) => [`${folder.slice(0, -1)}/*`]],
    ['what lies below it', (folder: string) => [`${folder}/*`]],
    ['nothing', () => []],
  ])("the user's own config trusts %s, and not this folder", async (_, list) => {
    const { folder, ran } = download(EVIL);
    expect((await vouched(folder, home({ trustedFolders: list(folder) }))).code).toBe(2);
    expect(ran()).toBe(false);
  });

  it.each([[['.']], [['relative/*']], [[3]], [['*', '']], [[null]], ['*'], [{ a: 1 }], [null]])('a list that is none is told: %j', list => {
    expect(() => isTrusted(root, list, 'config.json')).toThrow(/^config\.json: trustedFolders must be a list of absolute folders/);
  });

  it('the root and the home may be spelled short', () => {
    expect(isTrusted(root, ['/*'], 'c')).toBe(true);
    expect(isTrusted(join(homedir(), 'films'), ['~/*'], 'c')).toBe(true);
    expect(isTrusted(homedir(), ['~/*'], 'c')).toBe(false);
    expect(isTrusted(homedir(), ['~'], 'c')).toBe(true);
    expect(isTrusted(root, [`${root}/`], 'c')).toBe(true);
  });

  it('variables and the user config may name a program', async () => {
    const { folder, ran } = download({});
    await run(['doctor'], folder, { ...home(), RERENDER_FFMPEG: './evil.sh' });
    expect(ran()).toBe(true);
    const other = download({});
    await run(['doctor'], other.folder, home({ ffmpeg: join(other.folder, 'evil.sh') }));
    expect(other.ran()).toBe(true);
  });
});

describe.skipIf(process.platform === 'win32')('a home that cannot be read leaves the user config out', () => {
  const { folder } = download({ steps: 3 });
  const noXdg = { XDG_CONFIG_HOME: '' };

  it.each([
    ['a device', { ...noXdg, HOME: '/dev/null' }],
    ['a folder below a file', { XDG_CONFIG_HOME: join(folder, 'evil.sh') }],
    ['a relative path', { XDG_CONFIG_HOME: '.config' }],
    ['the empty path', { ...noXdg, HOME: '' }],
  ])('with one warning: %s', async (_, env) => {
    const { code, stderr } = await run(['config'], folder, env as Record<string, string>);
    expect(stderr).toMatch(/^warning: the user's config is left out: [^\n]*\n$/);
    expect(code).toBe(0);
  });

  it('with one warning of a run', async () => {
    const env = { XDG_CONFIG_HOME: join(folder, 'evil.sh'), XDG_CACHE_HOME: root };
    const small = ['--frames', '2', '--size', '64', '--dry-run', '--quiet'];
    expect((await run([clip, ...STYLE, ...small], folder, env)).stderr).toMatch(/^warning: the user's config is left out: [^\n]*\n$/);
    const { stdout } = await run([clip, ...STYLE, ...small, '--json'], folder, env);
    expect(stdout.match(/"type":"warning","message":"the user's config is left out/g)).toHaveLength(1);
  });

  it('a config in the folder .config of the current one is nobody’s own, even with an empty HOME', async () => {
    const trap = download({});
    mkdirSync(join(trap.folder, '.config', 'rerender'), { recursive: true });
    writeFileSync(join(trap.folder, '.config', 'rerender', 'config.json'), JSON.stringify({ ffmpeg: './evil.sh' }));
    for (const env of [{ ...noXdg, HOME: '' }, { ...noXdg, HOME: '.' }, { XDG_CONFIG_HOME: '.config' }])
      await run(['doctor'], trap.folder, env);
    expect(trap.ran()).toBe(false);
  });

  it.each([
    ['is not there', { ...noXdg, HOME: '/nonexistent' }],
    ['is the root', { ...noXdg, HOME: '/' }],
  ])('without a warning where it %s', async (_, env) => {
    expect(await run(['config'], folder, env)).toMatchObject({ code: 0, stderr: '' });
  });

  it.runIf(process.getuid?.() === 0)('of another user, when run as nobody', async () => {
    const locked = mkdtempSync(join(root, 'locked-'));
    mkdirSync(join(locked, '.config', 'rerender'), { recursive: true });
    writeFileSync(join(locked, '.config', 'rerender', 'config.json'), '{"steps": 7}');
    chmodSync(locked, 0o700);
    chmodSync(root, 0o755);
    const { code, stderr, stdout } = await start(process.execPath, [join(packageRoot, 'dist', 'cli', 'main.js'), 'config'], {
      cwd: '/',
      uid: 65534,
      gid: 65534,
      env: { ...noXdg, HOME: locked },
    }).ended;
    expect(stderr).toMatch(/^warning: the user's config is left out: .* cannot be read \(EACCES\)\n$/);
    expect(stdout).toMatch(/^steps +4 +\(model\)$/m);
    expect(code).toBe(0);
  });

  it.runIf(process.getuid?.() !== 0)('of another user, when run as oneself', async () => {
    const locked = mkdtempSync(join(root, 'locked-'));
    chmodSync(locked, 0o000);
    const { code, stderr } = await run(['config'], folder, { ...noXdg, HOME: locked });
    chmodSync(locked, 0o700);
    expect(stderr).toMatch(/cannot be read \(EACCES\)/);
    expect(code).toBe(0);
  });

  it('a config that is there and wrong is an error', async () => {
    const env = home({ stepz: 3 });
    expect((await run(['config'], folder, env)).stderr).toMatch(/unknown option stepz/);
    expect(readFileSync(join(env.XDG_CONFIG_HOME!, 'rerender', 'config.json'), 'utf8')).toContain('stepz');
  });
});
