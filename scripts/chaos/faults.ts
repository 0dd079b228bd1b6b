// Faults that happen to a job while it runs, or between two runs. Each is caused for real; afterwards the world is whole again.
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { childrenOf } from '../../test/support/processes.ts';
import { type Ended, filesIn, type Job, type Running, start } from './job.ts';
import type { Random } from './random.ts';

export type Trial = {
  readonly job: Job;
  /** Another clip of the same size and length. */
  readonly other: string;
  readonly random: Random;
  /** Milliseconds that an undisturbed run takes here. */
  readonly length: number;
};

/** What a fault did, in words, and how each run under it ended. */
export type Happened = { readonly what: string; readonly runs: readonly { readonly ended: Ended; readonly output: string }[] };
type Fault = (trial: Trial) => Promise<Happened>;

const sleep = (milliseconds: number): Promise<void> => new Promise(resolve => setTimeout(resolve, milliseconds));

/** Waits for a random moment of a run, or for its end. */
const someTime = async ({ random, length }: Trial, { ended }: Running): Promise<number> => {
  const at = Math.round(random.between(0.02, 1) * length);
  await Promise.race([sleep(at), ended]);
  return at;
};

/** Resolves when a run has opened its clip: what lies there from now on is the file that it has to hold to. */
const clipOpened = async ({ work }: Job): Promise<void> => {
  while (filesIn(work).every(name => !name.startsWith('leases'))) await sleep(5);
};

/** Runs the job and does something to it at a random moment; `opened`: once it has opened its clip. */
const during = async (trial: Trial, act: (running: Running) => string | undefined | Promise<string | undefined>, opened = false) => {
  const running = start(trial.job, trial.job.args());
  if (opened) await Promise.race([clipOpened(trial.job), running.ended]);
  const at = await someTime(trial, running);
  const what = await act(running);
  return { what: `${what ?? 'nothing'} at ${at} ms`, runs: [{ ended: await running.ended, output: trial.job.output }] };
};

const send = (pid: number, signal: NodeJS.Signals): boolean => {
  try {
    return process.kill(pid, signal);
  } catch {
    return false; // it has ended
  }
};

const kill: Fault = trial =>
  during(trial, ({ child }) => {
    const signal = trial.random.pick(['SIGKILL', 'SIGKILL', 'SIGKILL', 'SIGTERM', 'SIGINT', 'SIGHUP'] as const);
    const group = trial.random.below(2) === 1;
    send(group ? -child.pid! : child.pid!, signal);
    return `${signal} to the ${group ? 'group' : 'process'}`;
  });

const killFfmpeg: Fault = trial =>
  during(trial, async ({ child }) => {
    const signal = trial.random.pick(['SIGKILL', 'SIGTERM', 'SIGSEGV', 'SIGSTOP'] as const);
    for (let tries = 0; tries < 200 && child.exitCode === null; tries++) {
      const found = childrenOf(child.pid!, 'ff');
      if (found.length > 0 && send(trial.random.pick(found), signal)) return `${signal} to an ffmpeg`;
      await sleep(10);
    }
    return undefined;
  });

const onPath = (name: string): string => execFileSync('which', [name], { encoding: 'utf8' }).trim();

/** An ffmpeg that ends early or not at all, whenever it decodes or encodes. */
const deadFfmpeg: Fault = async trial => {
  const { random, job } = trial;
  const bytes = Math.round(random.between(0, 200_000));
  const script = random.pick([
    `"$real" "$@" | head -c ${bytes}`,
    `"$real" "$@" | head -c ${bytes}; exit ${random.below(3)}`,
    `"$real" "\${@:1:$#-1}" -frames:v ${random.below(19) + 1} "\${!#}"`,
    `head -c ${bytes} > /dev/null; exit 0`,
  ]);
  const path = join(job.folder, 'ffmpeg');
  writeFileSync(path, `#!/bin/bash\nreal=${onPath('ffmpeg')}\ncase " $* " in *" nut "*) ${script} ;; *) exec "$real" "$@" ;; esac\n`);
  chmodSync(path, 0o755);
  const running = start(job, [...job.args(), '--ffmpeg', path, '--ffprobe', onPath('ffprobe')]);
  const ended = await running.ended;
  rmSync(path);
  return { what: script, runs: [{ ended, output: job.output }] };
};

const damage: Fault = async trial => {
  const { random, job } = trial;
  const spoil = (): string | undefined => {
    const files = filesIn(job.work).filter(name => !/leases|\.part/.test(name));
    if (files.length === 0) return undefined;
    const name = random.pick(files);
    const file = join(job.work, name);
    const how = random.pick(['bit', 'half', 'empty', 'gone', 'swap'] as const);
    if (how === 'bit') {
      const bytes = readFileSync(file);
      if (bytes.length > 0) bytes[random.below(bytes.length)]! ^= 1 << random.below(8);
      writeFileSync(file, bytes);
    } else if (how === 'half') truncateSync(file, statSync(file).size >> 1);
    else if (how === 'empty') truncateSync(file, 0);
    else if (how === 'gone') rmSync(file);
    else copyFileSync(join(job.work, random.pick(files)), file);
    return `${name.replace(/^clips\/\w+\//, '').slice(0, 24)}: ${how}`;
  };
  return during(trial, () => {
    const done: string[] = [];
    for (let i = random.below(6); i >= 0; i--) {
      try {
        done.push(spoil() ?? 'nothing');
      } catch {
        // the run has removed it meanwhile
      }
    }
    return done.join(', ');
  });
};

const swapInput: Fault = async trial => {
  const { random, job, other } = trial;
  const { input } = job;
  const aside = `${input}.aside`;
  const how = random.pick(['replaced', 'written over', 'cut', 'deleted', 'replaced and back', 'written over and back'] as const);
  const bytes = readFileSync(input);
  const happened = await during(
    trial,
    async () => {
      if (how.startsWith('replaced') || how === 'deleted') renameSync(input, aside);
      if (how.startsWith('replaced')) copyFileSync(other, input);
      if (how.startsWith('written over')) writeFileSync(input, readFileSync(other));
      if (how === 'cut') truncateSync(input, bytes.length >> 1);
      if (how.endsWith('back')) {
        await sleep(random.between(0, 400));
        if (existsSync(aside)) renameSync(aside, input);
        else writeFileSync(input, bytes);
      }
      return `input ${how}`;
    },
    true,
  );
  if (existsSync(aside)) renameSync(aside, input);
  else writeFileSync(input, bytes);
  return happened;
};

const secondRun: Fault = async trial => {
  const { random, job } = trial;
  const same = random.below(2) === 1;
  const second = same ? job.output : job.output.replace(/(\.\w+)?$/, '-2$1');
  const first = start(job, [...job.args(), ...(same ? ['-y'] : [])]);
  await sleep(random.between(0, trial.length / 2));
  const other = start(job, [...job.args({ output: second }), ...(same ? ['-y'] : [])]);
  const killed = random.below(3) === 0;
  if (killed) {
    await someTime(trial, other);
    send(random.pick([first, other]).child.pid!, 'SIGKILL');
  }
  const runs = [
    { ended: await first.ended, output: job.output },
    { ended: await other.ended, output: second },
  ];
  return { what: `a second run, ${same ? 'the same' : 'another'} output${killed ? ', one of them killed' : ''}`, runs };
};

const fullDisk: Fault = async trial => {
  const { random, job } = trial;
  const disk = join(job.folder, 'disk');
  mkdirSync(disk, { recursive: true });
  const size = Math.round(random.between(4, 400)) * 1024;
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', disk]);
  try {
    const under = random.pick(['output', 'work', 'both'] as const);
    const output = under === 'work' ? job.output : join(disk, job.output.slice(job.folder.length + 1));
    const work = under === 'output' ? job.work : join(disk, 'work');
    const ended = await start(job, job.args({ output, work })).ended;
    if (output !== job.output && existsSync(output) && ended.code === 0) execFileSync('cp', ['-r', output, job.output]);
    else if (output !== job.output && existsSync(output) && job.name !== 'keyframes') copyFileSync(output, job.output);
    return { what: `${size >> 10} kB under the ${under}`, runs: [{ ended, output: job.output }] };
  } finally {
    execFileSync('umount', ['-l', disk]);
    rmSync(disk, { recursive: true, force: true });
  }
};

export const FAULTS: Readonly<Record<string, Fault>> = {
  kill,
  'full disk': fullDisk,
  damage,
  'swapped input': swapInput,
  'second run': secondRun,
  'killed ffmpeg': killFfmpeg,
  'dead ffmpeg': deadFfmpeg,
};
