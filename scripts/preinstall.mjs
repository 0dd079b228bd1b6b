// Runs when the packed program is installed with `npm i -g`. onnxruntime-node's own install script fetches the CUDA provider from
// outside the npm registry and fails the whole installation where that cannot be reached. CPU and WebGPU providers are in its package,
// so the download is left out unless it is asked for: ONNXRUNTIME_NODE_INSTALL=cuda12 npm i -g rerender.
// (In a checkout .npmrc says the same, and as a dependency the decision belongs to the project that installs it: docs/install.md.)
import { existsSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

if (process.env.npm_config_global === 'true' && !process.env.ONNXRUNTIME_NODE_INSTALL) {
  try {
    const script = join(dirname(createRequire(import.meta.url).resolve('onnxruntime-node/package.json')), 'script', 'install.js');
    if (existsSync(script))
      writeFileSync(script, '// Left out by rerender: set ONNXRUNTIME_NODE_INSTALL=cuda12 to fetch the CUDA provider.\n');
  } catch {
    // not there yet or not writable: then the package's own script decides
  }
}
