// Runs the built command as a user would.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { packageRoot } from '../../config/paths.ts';
import { temporaryFolder } from './temporary.ts';

export type Ran = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

const MAIN = join(packageRoot, 'dist', 'cli', 'main.js');

/** Where commands run that name no folder: an empty one, so that nothing of the checkout is met. */
const elsewhere = temporaryFolder();

/** Starts `rerender ARGS` in a clean environment. `interruptWhen` sends SIGINT when stderr or stdout first matches. */
export const rerenderCommand = (
  args: readonly string[],
  { env = {}, cwd, interruptWhen }: { env?: Record<string, string>; cwd?: string; interruptWhen?: RegExp } = {},
): Promise<Ran> =>
  new Promise((resolve, reject) => {
    const { RERENDER_CONFIG: _, ...inherited } = process.env;
    const child = spawn(process.execPath, [MAIN, ...args], {
      cwd: cwd ?? elsewhere,
      env: { ...inherited, NO_COLOR: '1', CI: '1', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    let interrupted = false;
    const look = () => {
      if (interrupted || !interruptWhen?.test(stdout + stderr)) return;
      interrupted = true;
      child.kill('SIGINT');
    };
    child.stdout.on('data', chunk => {
      stdout += chunk;
      look();
    });
    child.stderr.on('data', chunk => {
      stderr += chunk;
      look();
    });
    child.on('error', reject);
    child.on('close', code => resolve({ code, stdout, stderr }));
  });
