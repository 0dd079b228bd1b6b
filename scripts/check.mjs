// Every check of the code that is not a test: types, format and lint with the import arrows, dead code, package shape.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const tool = (path, ...args) => [process.execPath, [join(root, 'node_modules', ...path.split('/')), ...args]];
const packed = mkdtempSync(join(tmpdir(), 'rerender-pack-'));
const npm = process.env.npm_execpath ? [process.execPath, [process.env.npm_execpath]] : ['npm', []];
execFileSync(npm[0], [...npm[1], 'pack', '--ignore-scripts', '--silent', '--pack-destination', packed], { cwd: root, stdio: 'ignore' });
const tarball = join(packed, readdirSync(packed)[0]);

const checks = [
  ['types', ...tool('typescript/bin/tsc', '--noEmit', '-p', 'tsconfig.json')],
  ['types of the page', ...tool('typescript/bin/tsc', '--noEmit', '-p', 'preview/page/tsconfig.json')],
  ['format, lint, import arrows', ...tool('@biomejs/biome/bin/biome', 'ci', '--colors=off', '--error-on-warnings', '.')],
  ['dead code', ...tool('knip/bin/knip.js', '--no-progress')],
  ['package shape', ...tool('publint/src/cli.js', '--strict')],
  ['package types', ...tool('@arethetypeswrong/cli/dist/index.js', tarball, '--profile', 'esm-only', '--no-emoji', '-f', 'ascii')],
];

let failed = 0;
for (const [name, command, args] of checks) {
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0' },
  });
  console.log(`${status === 0 ? 'ok  ' : 'FAIL'} ${name}`);
  if (status === 0) continue;
  failed += 1;
  console.log(`${stdout ?? ''}${stderr ?? ''}`.trim());
}
rmSync(packed, { recursive: true, force: true });
process.exit(failed > 0 ? 1 : 0);
