// Compiles every kernels/NAME.ts (AssemblyScript) to dist/kernels/NAME.wasm: SIMD, memory handed in by the caller, no runtime of its own.
// The same sources give the same bytes. `node scripts/kernels.mjs` builds what is out of date.
import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const sources = join(root, 'kernels');
const built = join(root, 'dist', 'kernels');

const FLAGS = ['--enable', 'simd', '--runtime', 'stub', '--importMemory', '--noExportMemory', '--use', 'abort=', '-O3', '--converge'];

const changed = path => {
  const about = statSync(path, { throwIfNoEntry: false });
  if (!about) return 0;
  return about.isDirectory() ? Math.max(0, ...readdirSync(path).map(name => changed(join(path, name)))) : about.mtimeMs;
};

/**
 * Compiles the modules that are older than any source (vitest calls it before the tests, by this name);
 * throws with the compiler's words when one does not compile.
 */
export const setup = async () => {
  const newest = Math.max(changed(sources), changed(fileURLToPath(import.meta.url)));
  const outdated = readdirSync(sources).filter(
    name => name.endsWith('.ts') && changed(join(built, name.replace(/\.ts$/, '.wasm'))) < newest,
  );
  if (outdated.length === 0) return;
  mkdirSync(built, { recursive: true });
  const { main } = await import('assemblyscript/asc');
  for (const name of outdated) {
    const out = join(built, name.replace(/\.ts$/, '.wasm'));
    const at = path => relative(root, path).replaceAll('\\', '/');
    const { error, stderr } = await main([at(join(sources, name)), '--baseDir', root, '--outFile', at(out), ...FLAGS]);
    if (error) {
      rmSync(out, { force: true });
      throw new Error(`${at(join(sources, name))} does not compile\n${stderr}`, { cause: error });
    }
  }
};

if (process.argv[1] === fileURLToPath(import.meta.url)) await setup();
