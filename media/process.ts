// Runs ffmpeg through fluent-ffmpeg and captures what ffprobe prints: the one place where media processes are started.
import { type ChildProcess, spawn as spawnProcess } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import ffmpegCommand from 'fluent-ffmpeg';
import { onExit } from '../config/exit-hooks.ts';
import { FfmpegError, lastLine } from './errors.ts';

/** Lines of stderr kept for an error message. */
const TAIL_LINES = 40;

/** An input of ffmpeg: a path or a stream (at most one), with the options that stand before its `-i`. */
export type JobInput = { readonly source: string | Readable; readonly options?: readonly string[] };

export type Job = {
  readonly inputs: readonly JobInput[];
  /** The options that stand before the output. */
  readonly options: readonly string[];
  /** A file's path, or the stream that receives ffmpeg's stdout. */
  readonly output: string | Writable;
  readonly signal?: AbortSignal | undefined;
};

/** A started ffmpeg. */
export type Running = {
  /** Settles when the process has ended; rejects with FfmpegError, or with the signal's reason. */
  readonly done: Promise<void>;
  /** What it logged last. */
  log(): readonly string[];
  /** Ends the process at once; `done` rejects, with `reason` where one is given. */
  kill(reason?: Error): void;
};

// Statically linked builds crash when they load the system's character set converters, as every MPEG-TS makes them do.
const env = { ...process.env, GCONV_PATH: '/nonexistent' };

type Spawn = (this: object, args: string[], options: object, ...callbacks: unknown[]) => void;
const { _spawnFfmpeg: spawn } = ffmpegCommand.prototype as unknown as { _spawnFfmpeg: Spawn };

const adapted = {
  // fluent-ffmpeg parses the lists of formats and encoders before each run, which fails with ffmpeg >= 7:
  // the arguments here are complete without it
  _checkCapabilities: (next: (error?: Error) => void): void => next(),
  availableEncoders: (next: (error: Error | null, encoders: object) => void): void => next(null, {}),
  _spawnFfmpeg(this: object, args: string[], options: object, ...callbacks: unknown[]): void {
    spawn.call(this, args, { ...options, env }, ...callbacks);
  },
};

/** An address that ffmpeg takes for a file whatever its name looks like (`-x.mp4`, `a:b.mp4`). */
export const fileAddress = (path: string): string => `file:${path}`;

/** A child must not outlive the program, however that ends. Returns what forgets it. */
const endWithProgram = (child: ChildProcess | undefined): (() => void) => onExit(() => child?.kill('SIGKILL'));

/**
 * Starts `ffmpeg` with raw arguments. An output stream must not emit `close` (`emitClose: false`):
 * fluent-ffmpeg takes that for an end too soon.
 */
export const startFfmpeg = (ffmpeg: string, { inputs, options, output, signal }: Job): Running => {
  const command = Object.assign(ffmpegCommand({ stdoutLines: TAIL_LINES }), adapted).setFfmpegPath(ffmpeg);
  for (const input of inputs) {
    command.input(input.source);
    if (input.options?.length) command.inputOptions(...pair(input.options));
  }
  command.output(output as Writable).outputOptions(...pair(['-hide_banner', '-nostats', '-loglevel', 'error', ...options]));

  const tail: string[] = [];
  let line = '';
  let running = false;
  let killed = false;
  let why: Error | undefined;
  let forget = (): void => undefined;
  const kill = (reason?: Error): void => {
    killed = true;
    why ??= reason;
    if (running) command.kill('SIGKILL');
  };
  const abort = (): void => kill();
  const done = new Promise<void>((resolve, reject) => {
    command.on('start', (text: string) => {
      line = text;
      running = true;
      forget = endWithProgram((command as unknown as { ffmpegProc?: ChildProcess }).ffmpegProc);
      if (killed) command.kill('SIGKILL');
    });
    command.on('stderr', (text: string) => {
      if (text.trim() === '') return;
      tail.push(text);
      if (tail.length > TAIL_LINES) tail.shift();
    });
    command.on('end', () => resolve());
    command.on('error', (error: Error) => {
      running = false;
      const log = tail.join('\n');
      const ender = killed ? undefined : /killed with signal (\w+)/.exec(error.message)?.[1];
      const ended = ender ? `it was ended by ${ender}` : lastLine(log) || error.message;
      const failure = new FfmpegError(`ffmpeg failed: ${ended}`, line, log, { cause: error, signal: ender });
      reject(signal?.aborted ? signal.reason : (why ?? failure));
    });
  }).finally(() => {
    forget();
    signal?.removeEventListener('abort', abort);
  });
  done.catch(() => {}); // whoever awaits `done` sees the rejection; until then it is not an unhandled one
  signal?.addEventListener('abort', abort, { once: true });
  if (signal?.aborted) kill();
  command.run();
  return { done, log: () => tail, kill };
};

/** Two or more arguments are passed as they are; a lone one would be split at its spaces. */
const pair = (options: readonly string[]): string[] => [...options];

/** Characters that one command may print. */
const MOST_PRINTED = 1 << 28;

export type CaptureOptions = {
  readonly signal?: AbortSignal | undefined;
  /** Seconds without a byte printed after which the command is ended, 0: never. */
  readonly stall?: number | undefined;
};

/**
 * Runs a command to its end and returns what it printed; a non-zero exit code is part of the result.
 * @throws FfmpegError when it stalls, is ended by somebody else's signal or prints without end;
 * what the system says when it cannot be started
 */
export const capture = (
  path: string,
  args: readonly string[],
  { signal, stall = 0 }: CaptureOptions = {},
): Promise<{ code: number; stdout: string; stderr: string }> =>
  new Promise((resolve, reject) => {
    const child = spawnProcess(path, [...args], { windowsHide: true, env, stdio: ['ignore', 'pipe', 'pipe'] });
    const forget = endWithProgram(child);
    const text = { stdout: [] as string[], stderr: [] as string[] };
    let printed = 0;
    let why: unknown;
    const end = (reason: unknown): void => {
      why ??= reason;
      child.kill('SIGKILL');
    };
    const fail = (message: string): void => end(new FfmpegError(`${path} ${message}`, [path, ...args].join(' '), text.stderr.join('')));
    const abort = (): void => end(signal?.reason);
    const timer = stall > 0 ? setInterval(() => fail(`printed nothing for ${stall} s (--stall-timeout)`), stall * 1000) : undefined;
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (chunk: string) => {
        timer?.refresh();
        printed += chunk.length;
        if (printed > MOST_PRINTED) fail('prints without end');
        else text[name].push(chunk);
      });
    }
    child.on('error', error => {
      why ??= error;
    });
    child.on('close', (code, ended) => {
      clearInterval(timer);
      forget();
      signal?.removeEventListener('abort', abort);
      const [stdout, stderr] = [text.stdout.join(''), text.stderr.join('')];
      if (why !== undefined) reject(why);
      else if (ended) reject(new FfmpegError(`${path} was ended by ${ended}`, [path, ...args].join(' '), stderr, { signal: ended }));
      else resolve({ code: code ?? 1, stdout, stderr });
    });
    signal?.addEventListener('abort', abort, { once: true });
    if (signal?.aborted) abort();
  });
