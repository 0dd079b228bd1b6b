// Runs ffmpeg through fluent-ffmpeg and captures what ffprobe prints: the one place where media processes are started.
import { execFile } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import ffmpegCommand from 'fluent-ffmpeg';
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
  /** Ends the process at once; `done` rejects. */
  kill(): void;
};

// Statically linked builds crash when they load the system's character set converters, as every MPEG-TS makes them do.
const env = { ...process.env, GCONV_PATH: '/nonexistent' };

type Spawn = (this: object, args: string[], options: object, ...callbacks: unknown[]) => void;
const { _spawnFfmpeg: spawn } = ffmpegCommand.prototype as unknown as { _spawnFfmpeg: Spawn };

const adapted = {
  // fluent-ffmpeg parses the lists of formats and encoders before each run, which fails with ffmpeg >= 7: the arguments here are complete without it
  _checkCapabilities: (next: (error?: Error) => void): void => next(),
  availableEncoders: (next: (error: Error | null, encoders: object) => void): void => next(null, {}),
  _spawnFfmpeg(this: object, args: string[], options: object, ...callbacks: unknown[]): void {
    spawn.call(this, args, { ...options, env }, ...callbacks);
  },
};

/** An address that ffmpeg takes for a file whatever its name looks like (`-x.mp4`, `a:b.mp4`). */
export const fileAddress = (path: string): string => `file:${path}`;

/** Starts `ffmpeg` with raw arguments. An output stream must not emit `close` (`emitClose: false`): fluent-ffmpeg takes that for an end too soon. */
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
  const kill = (): void => {
    killed = true;
    if (running) command.kill('SIGKILL');
  };
  const done = new Promise<void>((resolve, reject) => {
    command.on('start', (text: string) => {
      line = text;
      running = true;
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
      reject(
        signal?.aborted ? signal.reason : new FfmpegError(`ffmpeg failed: ${lastLine(log) || error.message}`, line, log, { cause: error }),
      );
    });
  }).finally(() => signal?.removeEventListener('abort', kill));
  done.catch(() => {}); // whoever awaits `done` sees the rejection; until then it is not an unhandled one
  signal?.addEventListener('abort', kill, { once: true });
  if (signal?.aborted) kill();
  command.run();
  return { done, log: () => tail, kill };
};

/** Two or more arguments are passed as they are; a lone one would be split at its spaces. */
const pair = (options: readonly string[]): string[] => [...options];

/** Runs a command to its end and returns what it printed; a non-zero exit code is part of the result. */
export const capture = (
  path: string,
  args: readonly string[],
  signal?: AbortSignal,
): Promise<{ code: number; stdout: string; stderr: string }> =>
  new Promise((resolve, reject) => {
    execFile(path, [...args], { maxBuffer: 1 << 28, windowsHide: true, env, signal }, (error, stdout, stderr) => {
      if (signal?.aborted) return reject(signal.reason);
      const code = error?.code;
      if (error && typeof code !== 'number') return reject(error);
      resolve({ code: typeof code === 'number' ? code : 0, stdout, stderr });
    });
  });
