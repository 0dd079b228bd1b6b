// The program ends: by one signal however busy it is, and after an error whatever was left open.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../config/paths.ts';
import { exampleClip } from '../support/example.ts';
import { namedPipe } from '../support/pipe.ts';
import { isAlive, MAIN, start, startRerender } from '../support/process.ts';
import { temporaryFolder } from '../support/temporary.ts';

const folder = temporaryFolder();
/** Single modules of the command: those that are built are joined. */
const source = (path: string): string => pathToFileURL(join(packageRoot, path)).href;
const TYPESCRIPT = ['--import', import.meta.resolve('tsx')];
const posix = process.platform !== 'win32';
const script = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

/** Work that never ends: it waits for a named pipe, which blocks a thread of the pool, in place of for its signal. */
const stuck = (name: string): string => {
  const pipe = namedPipe(join(folder, `${name}.pipe`));
  return script(
    `${name}.mjs`,
    `import { spawn } from 'node:child_process';
     import { open, writeFile, unlink } from 'node:fs/promises';
     import { unlinkSync } from 'node:fs';
     import { onExit } from ${JSON.stringify(source('config/exit-hooks.ts'))};
     import { interruptible } from ${JSON.stringify(source('cli/interrupt.ts'))};
     const part = ${JSON.stringify(join(folder, `${name}.part`))};
     await interruptible(async () => {
       const child = spawn('sleep', ['600'], { stdio: 'ignore' });
       onExit(() => process.kill(child.pid, 'SIGKILL'));
       onExit(() => { throw new Error('a clean-up that fails'); });
       await writeFile(part, 'half');
       onExit(() => unlinkSync(part));
       console.log('child ' + child.pid + ' is there');
       await open(${JSON.stringify(pipe)});
     }, () => console.log('stopping'));`,
  );
};

describe.skipIf(!posix)('a signal', () => {
  it.each(['SIGTERM', 'SIGHUP'] as const)('%s ends what nothing else ends, and takes its children and its parts along', async signal => {
    const run = start(process.execPath, [...TYPESCRIPT, stuck(signal)]);
    await run.says(/is there/);
    run.child.kill(signal);
    const { signal: by, stdout } = await run.ended;
    const child = Number(/child (\d+)/.exec(stdout)![1]);
    expect(by).toBe(signal);
    expect(existsSync(join(folder, `${signal}.part`))).toBe(false);
    await expect.poll(() => isAlive(child), { timeout: 5000 }).toBe(false);
  });

  it('SIGTERM ends what has more to say than its reader takes', async () => {
    const flood = script(
      'flood.mjs',
      `import { interruptible } from ${JSON.stringify(source('cli/interrupt.ts'))};
       await interruptible(async () => {
         for (let line = 0; line < 1000; line++) process.stdout.write('x'.repeat(1000) + '\\n');
         process.stderr.write('said all');
         await new Promise(resolve => setTimeout(resolve, 600_000));
       }, () => undefined);`,
    );
    const child = spawn(process.execPath, [...TYPESCRIPT, flood], { stdio: ['ignore', 'pipe', 'pipe'] }); // whose stdout nobody reads
    await once(child.stderr, 'data');
    child.kill('SIGTERM');
    const [, signal] = await once(child, 'exit');
    expect(signal).toBe('SIGTERM');
  });

  it('SIGINT waits for order, and the second leaves at once with the same clean-up', async () => {
    const run = start(process.execPath, [...TYPESCRIPT, stuck('SIGINT')]);
    await run.says(/is there/);
    run.child.kill('SIGINT');
    await run.says(/stopping/);
    expect(existsSync(join(folder, 'SIGINT.part'))).toBe(true);
    run.child.kill('SIGINT');
    expect((await run.ended).signal).toBe('SIGINT');
    expect(existsSync(join(folder, 'SIGINT.part'))).toBe(false);
  });

  it.each([
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('%s in the middle of a native run leaves nothing under the name', async (signal, code) => {
    const clip = join(folder, `${signal}.mp4`);
    copyFileSync(exampleClip(), clip);
    const output = join(folder, `${signal}-out.mp4`);
    const run = startRerender([clip, '--style', 'ink', '--size', '1024', '--frames', '2', '--no-cache', '-o', output]);
    await run.says(/analyse: done/);
    await new Promise(resolve => setTimeout(resolve, 500)); // into the first step
    run.child.kill(signal);
    const ended = await run.ended;
    expect(ended.code === code || ended.signal === signal).toBe(true);
    expect(readdirSync(folder).filter(name => name.startsWith(`${signal}-out`))).toEqual([]);
  });
});

/** Leaves something open in the main thread, as a forgotten handle does. */
const leak = script('leak.mjs', `import { isMainThread } from 'node:worker_threads';\nif (isMainThread) setInterval(() => {}, 1000);\n`);

describe('what was left open', () => {
  it.each([
    ['after an error', ['nothing.mp4', '--style', 'ink'], 4],
    ['after wrong usage', ['--stepps'], 2],
    ['after what it was asked for', ['presets'], 0],
  ] as const)('does not keep the program alive %s', async (_, args, code) => {
    const run = start(process.execPath, ['--import', leak, MAIN, ...args], { cwd: folder });
    expect((await run.ended).code).toBe(code);
  });

  it.skipIf(!posix)('not even where it waits for a named pipe', async () => {
    const pipe = namedPipe(join(folder, 'leak.pipe'));
    const wait = script('wait.mjs', `import { open } from 'node:fs';\nopen(${JSON.stringify(pipe)}, () => {});\n`);
    const { stderr } = await start(process.execPath, ['--import', wait, MAIN, 'nothing.mp4', '--style', 'ink'], { cwd: folder }).ended;
    expect(stderr).toMatch(/nothing\.mp4/);
  });

  it('an error that nobody caught ends a run with its sentence, and with what belongs to it', async () => {
    const clip = join(folder, 'uncaught.mp4');
    copyFileSync(exampleClip(), clip);
    // thrown once the run has asked its worker thread for the first native call
    const bomb = script(
      'bomb.mjs',
      `import { isMainThread, Worker } from 'node:worker_threads';
       const post = Worker.prototype.postMessage;
       if (isMainThread) Worker.prototype.postMessage = function (message, ...rest) {
         if (message?.name === 'run') setTimeout(() => { throw new Error('out of nowhere'); }, 20);
         return post.call(this, message, ...rest);
       };\n`,
    );
    const args = [clip, '--style', 'ink', '--size', '512', '--frames', '2', '--no-cache', '-o', join(folder, 'never.mp4')];
    const { code, stderr } = await start(process.execPath, ['--import', bomb, MAIN, ...args]).ended;
    expect(stderr).toMatch(/rerender: unexpected error: out of nowhere/);
    expect(code).toBe(1);
    expect(readdirSync(folder).filter(name => name.startsWith('never'))).toEqual([]);
  });
});
