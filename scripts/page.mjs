// Bundles the page of `rerender preview` into dist/preview/page: a script and what it loads later, a style sheet, nothing from elsewhere.
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const from = join(root, 'preview', 'page');
const to = join(root, 'dist', 'preview', 'page');

/** Packages whose code is in the bundle; their licences ask to go with it. */
const BUNDLED = ['preact', '@preact/signals', '@preact/signals-core', 'uplot'];

export const buildPage = async () => {
  rmSync(to, { recursive: true, force: true }); // parts of an earlier page have other names
  mkdirSync(to, { recursive: true });
  const { metafile } = await build({
    entryPoints: { page: join(from, 'main.tsx') },
    outdir: to,
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
  });
  const used = BUNDLED.filter(name => Object.keys(metafile.inputs).some(file => file.includes(`node_modules/${name}/`)));
  const foreign = Object.keys(metafile.inputs).filter(
    file => file.includes('node_modules/') && !used.some(name => file.includes(`/${name}/`)),
  );
  if (foreign.length > 0) throw new Error(`scripts/page.mjs: name the packages of ${foreign.join(', ')} in BUNDLED`);
  const licences = used.map(name => `${name}\n\n${readFileSync(join(root, 'node_modules', name, 'LICENSE'), 'utf8').trim()}\n`);
  writeFileSync(join(to, 'LICENSES.txt'), licences.join(`\n${'-'.repeat(80)}\n\n`));
  for (const name of ['index.html', 'icon.svg']) copyFileSync(join(from, name), join(to, name));
};

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildPage();
