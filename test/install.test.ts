// An installation that is not whole is told as such; one that is too large is made smaller.
import { cpSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { packageRoot } from '../config/paths.ts';
import { withInstallHint } from '../models/runtime/install-hint.ts';
import { start } from './support/process.ts';
import { temporaryFolder } from './support/temporary.ts';

test.each([
  "Cannot find package 'onnxruntime-node' imported from /x/rerender/dist/models/runtime/session.js",
  "Cannot find module '../bin/napi-v6/linux/x64/onnxruntime_binding.node'\nRequire stack:\n- /x/binding.js",
  'libonnxruntime.so.1: cannot open shared object file: No such file or directory',
])('%s', reason => {
  const text = withInstallHint(reason);
  expect(text).toMatch(/: onnxruntime-node is not wholly installed here: .*ONNXRUNTIME_NODE_INSTALL=skip.*docs\/install\.md\)$/);
  expect(text).not.toContain('\n');
  expect(existsSync(join(packageRoot, 'docs', 'install.md'))).toBe(true);
});

test('what has nothing to do with the installation stays as it is', () => {
  expect(withInstallHint('out of memory')).toBe('out of memory');
});

test('slim removes the binaries of other systems, and nothing else', async () => {
  const folder = temporaryFolder();
  const modules = join(folder, 'node_modules');
  const put = (...parts: string[]): void => {
    mkdirSync(join(modules, ...parts.slice(0, -1)), { recursive: true });
    writeFileSync(join(modules, ...parts), '{}');
  };
  const bin = ['onnxruntime-node', 'bin', 'napi-v6'];
  for (const system of ['linux', 'darwin', 'win32']) for (const arch of ['x64', 'arm64']) put(...bin, system, arch, 'library');
  for (const name of ['onnxruntime-node', 'fluent-ffmpeg', '@ffmpeg-installer/ffmpeg']) put(...name.split('/'), 'package.json');
  put('fluent-ffmpeg', 'coverage', 'report.html');
  put('@ffmpeg-installer', 'some-system', 'ffmpeg');
  cpSync(join(packageRoot, 'scripts', 'slim.mjs'), join(modules, 'rerender', 'scripts', 'slim.mjs'));
  const slim = join(modules, 'rerender', 'scripts', 'slim.mjs');
  const ran = await start(process.execPath, [slim], { cwd: folder }).ended;
  expect(ran.stderr).toBe('');
  expect(ran.code).toBe(0);
  expect(readdirSync(join(modules, ...bin))).toEqual([process.platform]);
  expect(readdirSync(join(modules, ...bin, process.platform))).toEqual([process.arch]);
  expect(readdirSync(join(modules, 'fluent-ffmpeg'))).toEqual(['package.json']);
  expect(existsSync(join(modules, '@ffmpeg-installer', 'some-system'))).toBe(true);
  const without = await start(process.execPath, [slim, '--no-ffmpeg'], { cwd: folder, env: { PATH: folder } }).ended;
  expect(without.stderr).toMatch(/There is no ffmpeg on PATH/);
  expect(without.code).toBe(3);
  expect(existsSync(join(modules, '@ffmpeg-installer', 'some-system'))).toBe(true);
});
