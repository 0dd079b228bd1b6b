// Makes a checkout ready: installs the packages when they are missing or outdated, then builds when sources changed.
// Runs before `npm start` and `npm test`, with nothing but Node.js and npm there.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 9)) {
  console.error(`rerender needs Node.js 20.9 or newer; this is ${process.versions.node}.`);
  process.exit(3);
}

const time = path => (existsSync(path) ? statSync(path).mtimeMs : 0);
const newest = path => {
  if (!existsSync(path)) return 0;
  if (!statSync(path).isDirectory()) return /\.(tsx?|css|html|svg)$/.test(path) ? time(path) : 0;
  return Math.max(0, ...readdirSync(path).map(name => newest(join(path, name))));
};

const installed = join(root, 'node_modules', '.package-lock.json');
if (time(installed) < time(join(root, 'package-lock.json')) || time(installed) < time(join(root, 'package.json'))) {
  console.error('rerender: installing packages (once)');
  const npm = process.env.npm_execpath;
  const [command, args] = npm ? [process.execPath, [npm]] : [process.platform === 'win32' ? 'npm.cmd' : 'npm', []];
  const how = existsSync(join(root, 'node_modules')) ? ['install', '--no-save'] : ['ci'];
  execFileSync(command, [...args, ...how, '--no-fund', '--no-audit', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    env: { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip' }, // its install script fetches the CUDA provider from outside the npm registry
  });
}

const stamp = join(root, 'dist', '.built');
const sources = ['cli', 'cluster', 'config', 'pipeline', 'stages', 'models', 'media', 'threads', 'preview', 'kernels'].map(room =>
  newest(join(root, room)),
);
if (time(stamp) < Math.max(...sources, time(join(root, 'tsconfig.json')))) {
  console.error('rerender: building');
  execFileSync(process.execPath, [join(root, 'scripts', 'build.mjs')], { cwd: root, stdio: ['ignore', 2, 2] });
  mkdirSync(join(root, 'dist'), { recursive: true });
  writeFileSync(stamp, '');
}
