// What can go wrong with files and with ffmpeg, one class for each exit code.
import { RerenderError } from '../config/errors.ts';

/** The input cannot be used as a clip: missing, unreadable, damaged or without pictures. Exit code 4. */
export class MediaError extends RerenderError {
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(code, 'media', message, options);
  }
}

/** No usable ffmpeg or ffprobe on this machine. Exit code 3. */
export class FfmpegMissingError extends RerenderError {
  constructor(message: string, options?: ErrorOptions) {
    super('FFMPEG_MISSING', 'missing', message, options);
  }
}

/** `signal`: the one that ended the process. */
type FfmpegErrorOptions = ErrorOptions & { readonly signal?: string | null };

/** An ffmpeg or ffprobe process ended badly. `stderr` keeps the last lines it wrote, `command` its arguments. */
export class FfmpegError extends RerenderError {
  readonly command: string;
  readonly stderr: string;
  /** The signal by which somebody else ended it (out of memory, `kill`, a crash). */
  readonly signal: string | undefined;

  constructor(message: string, command: string, stderr: string, { signal, ...options }: FfmpegErrorOptions = {}) {
    super('FFMPEG_FAILED', 'failure', message, options);
    this.command = command;
    this.stderr = stderr;
    this.signal = signal ?? undefined;
  }
}

/** A process gave no sign of life for longer than `--stall-timeout`. Exit code 1. */
export class StallError extends RerenderError {
  /** @param doing what ffmpeg was doing: `reading the key frames from clip.mp4` */
  constructor(doing: string, seconds: number) {
    const advice = 'run again, or give more time with --stall-timeout (seconds; 0: no limit)';
    super('FFMPEG_STALLED', 'failure', `ffmpeg stalled while ${doing}: not a byte in ${seconds} s; it was ended; ${advice}`);
  }
}

/** What ffmpeg writes into the pipe is not what it was asked for. */
export class FfmpegOutputError extends RerenderError {
  constructor(reason: string) {
    super(
      'FFMPEG_OUTPUT',
      'failure',
      `ffmpeg did not write the frames that it was asked for: ${reason}; check the program that --ffmpeg names.`,
    );
  }
}

/** The last line of a process's log that tells something: without ffmpeg's `[name @ address]` prefix. */
export const lastLine = (log: string): string => {
  const lines = log
    .split(/\r?\n/)
    .filter(
      line =>
        line.trim() !== '' &&
        !/^Error opening (in|out)put files?\b|Conversion failed|Error while filtering|Last message repeated/.test(line),
    );
  return (lines.at(-1) ?? '').replace(/^(\[[^\]]*@ 0x[0-9a-f]+\]\s*)+/, '').trim();
};
