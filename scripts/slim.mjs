// Makes an installed rerender smaller, where its owner asks for it: node node_modules/rerender/scripts/slim.mjs [--no-ffmpeg]
// onnxruntime-node brings the binaries of every system; those of others than this one go. With --no-ffmpeg the packaged ffmpeg and ffprobe
// go, too, where the system has its own. `npm install` brings back what is gone.
import { spawnSync } from 'node:child_process';
import { existsSync, lstatSync, readdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const require = createRequire(import.meta.url);

/** The folder of a package; undefined where it is not installed. */
const packageFolder = name => {
  try {
    return dirname(require.resolve(`${name}/package.json`));
  } catch {
    return undefined;
  }
};

const foldersIn = path => (path && existsSync(path) ? readdirSync(path).map(name => join(path, name)) : []);

const bytesOf = path => {
  const info = lstatSync(path);
  return info.isDirectory() ? foldersIn(path).reduce((sum, each) => sum + bytesOf(each), 0) : info.size;
};

const onnxruntime = packageFolder('onnxruntime-node');
const systems = foldersIn(onnxruntime && join(onnxruntime, 'bin', 'napi-v6'));
const own = systems.find(path => path.endsWith(process.platform));
const others = own === undefined ? [] : systems.filter(path => path !== own);
const architectures = foldersIn(own);
const ownArchitecture = architectures.find(path => path.endsWith(process.arch));
const strangers = ownArchitecture === undefined ? [] : architectures.filter(path => path !== ownArchitecture);
const fluent = packageFolder('fluent-ffmpeg');
const unused = [...others, ...strangers, ...(fluent ? [join(fluent, 'coverage')] : [])];

if (process.argv.includes('--no-ffmpeg')) {
  for (const tool of ['ffmpeg', 'ffprobe']) {
    if (spawnSync(tool, ['-version'], { stdio: 'ignore' }).status !== 0) {
      console.error(`There is no ${tool} on PATH: install one before, or leave --no-ffmpeg out.`);
      process.exit(3);
    }
    const folder = packageFolder(`@${tool}-installer/${tool}`);
    if (folder) unused.push(...foldersIn(dirname(folder)).filter(path => path !== folder));
  }
}

let freed = 0;
for (const path of unused.filter(each => existsSync(each))) {
  const bytes = bytesOf(path);
  rmSync(path, { recursive: true, force: true });
  console.log(`${(bytes / 1e6).toFixed(0).padStart(5)} MB  ${path}`);
  freed += bytes;
}
console.log(`${(freed / 1e6).toFixed(0).padStart(5)} MB  removed`);
