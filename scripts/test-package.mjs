// The packed program as its users get it: `npm pack`, `npm i -g` of the tarball into a folder of its own,
// then a real run from an empty folder.
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
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

/** The library's doors, by their names, from a folder that has the package installed: they import, do something, and have types. */
const testLibrary = (folder, env) => {
  const doors = {
    rerender: `const p = await door.planRun({ input: 'clip.mp4', style: 'oil', size: 64, steps: 2, frames: [0, 3], overwrite: true });
      console.log(p.frames === 4);`,
    'rerender/models': `const runtime = await door.openRuntime({ device: 'cpu' });
      const model = await door.openDiffusionModel(door.embeddedModel, { runtime });
      const { dims } = await model.decodeLatent(door.gaussian({ seed: 1, purpose: 'test' }, [1, model.info.latentChannels, 8, 8]));
      await runtime.close();
      console.log(dims.join() === '1,3,64,64');`,
    'rerender/stages': `const flow = door.openFlow();
      const grey = { width: 64, height: 64, data: new Uint8Array(3 * 64 * 64) };
      const { forward } = await flow.pair(grey, grey);
      await flow.close();
      console.log(forward.every(v => v === 0));`,
    'rerender/media': `const clip = await door.openClip('clip.mp4');
      console.log((await clip.read({ size: 64, range: { frames: [0, 2] } })).length === 3);`,
  };
  for (const [name, body] of Object.entries(doors)) {
    const program = `import * as door from '${name}'; ${body}`;
    need(
      run(process.execPath, ['--input-type=module', '-e', program], { cwd: folder, env }).trim() === 'true',
      `${name} works by its name`,
    );
  }
  const programs = readdirSync(join(root, 'examples')).filter(name => name.endsWith('.ts') && name !== 'generate.ts');
  for (const name of programs) copyFileSync(join(root, 'examples', name), join(folder, name));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const settings = '--noEmit --strict --noUncheckedIndexedAccess --target es2022 --module nodenext --types node'.split(' ');
  const types = ['--typeRoots', join(root, 'node_modules', '@types')];
  run(process.execPath, [compiler, ...settings, ...types, ...programs], { cwd: folder });
  need(programs.length === 5, `the programs of examples/ type-check against the installed package: ${programs.join(', ')}`);
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
  const modules = join(prefix, process.platform === 'win32' ? 'node_modules' : 'lib/node_modules');
  mkdirSync(join(empty, 'node_modules'));
  symlinkSync(join(modules, 'rerender'), join(empty, 'node_modules', 'rerender'), 'junction');
  testLibrary(empty, bare);
  const inside = join(modules, 'rerender', 'node_modules');
  need(!existsSync(join(inside, 'typescript')) && !existsSync(join(modules, 'typescript')), 'no compiler is installed with it');
  run(process.execPath, [join(modules, 'rerender', 'scripts', 'slim.mjs')], { cwd: empty });
  need(
    run(program, ['doctor'], { cwd: empty, env: bare }).includes('device cpu      works'),
    'it works without the binaries of other systems',
  );
} finally {
  rmSync(work, { recursive: true, force: true });
}
