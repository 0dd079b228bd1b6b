// Compiles the TypeScript rooms, the kernels and the preview's page to dist/, joins the command's modules and makes it executable.
import { execFileSync } from 'node:child_process';
import { chmodSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { joinModules } from './join.mjs';
import { setup as buildKernels } from './kernels.mjs';
import { buildPage } from './page.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
rmSync(join(root, 'dist'), { recursive: true, force: true });
execFileSync(process.execPath, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', 'tsconfig.build.json'], {
  cwd: root,
  stdio: 'inherit',
});
await joinModules();
await buildKernels();
await buildPage();
chmodSync(join(root, 'dist', 'cli', 'main.js'), 0o755);
