// Joins the command's modules into a few files: 600 small ones take a third of a second to find, read and link at every start.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const dist = fileURLToPath(new URL('../dist', import.meta.url));
const CLI = join(dist, 'cli');

/**
 * A module's own address stays what it was, whichever file its text ends in: worker entries and the package's folder are found by it.
 * All joined files lie in dist/cli.
 */
const addresses = {
  name: 'addresses',
  setup({ onLoad }) {
    onLoad({ filter: /\.js$/ }, ({ path }) => {
      const place = relative(CLI, path).replaceAll('\\', '/');
      return {
        contents: readFileSync(path, 'utf8').replaceAll('import.meta.url', `new URL(${JSON.stringify(place)}, import.meta.url).href`),
      };
    });
  },
};

/** Writes dist/cli/main.js and the parts that it loads when a command needs them, in place of the single modules of dist/cli. */
export const joinModules = async () => {
  const { outputFiles } = await build({
    absWorkingDir: dirname(dist),
    entryPoints: [join(CLI, 'main.js')],
    outdir: CLI,
    chunkNames: 'part-[hash]',
    bundle: true,
    splitting: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    logLevel: 'warning',
    plugins: [addresses],
  });
  rmSync(CLI, { recursive: true });
  mkdirSync(CLI);
  for (const { path, contents } of outputFiles) writeFileSync(path, contents);
};
