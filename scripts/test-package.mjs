// The packed program as its users get it: `npm pack`, `npm i -g` of the tarball into a folder of its own,
// then a real run from an empty folder.
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const work = mkdtempSync(join(tmpdir(), 'rerender-install-'));
const [npm, npmArguments] = process.env.npm_execpath ? [process.execPath, [process.env.npm_execpath]] : ['npm', []];
// As outside this checkout: none of the settings that npm hands to scripts, no packages of ours on PATH.
const environment = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(npm_(?!config_registry)|ONNXRUNTIME|INIT_CWD)/i.test(name)),
);
const run = (command, args, options = {}) =>
  execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], env: environment, ...options });
const need = (condition, what) => {
  if (!condition) throw new Error(`package test: ${what}`);
  console.log(`ok   ${what}`);
};

try {
  run(npm, [...npmArguments, 'pack', '--silent', '--pack-destination', work], { cwd: root, env: process.env });
  const tarball = readdirSync(work).find(name => name.endsWith('.tgz'));
  const prefix = join(work, 'prefix');
  const empty = join(work, 'empty');
  mkdirSync(prefix);
  mkdirSync(empty);
  run(
    npm,
    [...npmArguments, 'install', '--global', '--prefix', prefix, '--no-fund', '--no-audit', '--loglevel=error', join(work, tarball)],
    { cwd: empty },
  );
  const program = process.platform === 'win32' ? join(prefix, 'rerender.cmd') : join(prefix, 'bin', 'rerender');
  need(existsSync(program), 'npm i -g of the tarball gives a command');
  need(/^\d+\.\d+\.\d+\s*$/.test(run(program, ['--version'], { cwd: empty })), 'rerender --version');

  copyFileSync(join(root, 'examples', 'lakeside.mp4'), join(empty, 'clip.mp4'));
  // Nothing but Node.js on PATH: the packaged ffmpeg has to serve.
  const bare = { ...environment, PATH: join(process.execPath, '..'), RERENDER_WORK_DIR: join(work, 'cache') };
  delete bare.FFMPEG_PATH;
  delete bare.FFPROBE_PATH;
  run(program, ['clip.mp4', '--style', 'a watercolor painting', '--frames', '0-11', '--size', '128', '--steps', '4', '--quiet'], {
    cwd: empty,
    env: bare,
  });
  need(existsSync(join(empty, 'clip.rerender.mp4')), 'it re-renders a clip with no ffmpeg on PATH');
  const library =
    "import { planRun } from 'rerender';" +
    "const p = await planRun({ input: 'clip.mp4', style: 'oil', size: 64, steps: 2, frames: [0, 3], overwrite: true });" +
    'console.log(p.frames);';
  const modules = join(prefix, process.platform === 'win32' ? 'node_modules' : 'lib/node_modules');
  mkdirSync(join(empty, 'node_modules'));
  symlinkSync(join(modules, 'rerender'), join(empty, 'node_modules', 'rerender'), 'junction');
  need(
    run(process.execPath, ['--input-type=module', '-e', library], { cwd: empty, env: bare }).trim() === '4',
    'the library is importable by its name',
  );
} finally {
  rmSync(work, { recursive: true, force: true });
}
