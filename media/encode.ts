// Encodes pictures at their own times, beside the sound and everything else of the source.
import { access, constants, link, rename, rm, stat, unlink } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { PassThrough } from 'node:stream';
import { UsageError } from '../config/errors.ts';
import { besides, lastFrameOf } from './beside.ts';
import { encodeArguments } from './encode-arguments.ts';
import { type EncodePlan, encodePlan } from './encode-plan.ts';
import type { Ffmpeg } from './ffmpeg.ts';
import type { Frame } from './frame.ts';
import { endMatroskaAt } from './mkv-duration.ts';
import { showLastFrame } from './mp4-duration.ts';
import { nutFrameHeader, nutHeader } from './nut-writer.ts';
import type { MediaInfo } from './probe.ts';
import { fileAddress, startFfmpeg } from './process.ts';
import type { Range } from './range.ts';
import type { SideCopy } from './steady-sound.ts';

export type EncodeOptions = {
  readonly ffmpeg: Ffmpeg;
  /** Where sound, subtitles, metadata and the size come from. Default: from nowhere, the frames are all there is. */
  readonly source?: MediaInfo | undefined;
  /** Seconds at which the frames are shown, on the source's clock. */
  readonly times: readonly number[];
  /** Seconds that the last frame is shown; default as long as the others on average. */
  readonly lastFrame?: number | undefined;
  /** Frames a second where there is no source: how long a single frame is shown. Default 25. */
  readonly rate?: number | undefined;
  /** Pixels of the frames that are written. */
  readonly width: number;
  readonly height: number;
  /** The part of the source that the frames are; its sound is cut to it. Default: all. */
  readonly range?: Range | undefined;
  /** Pixels of the result; default the source's, one side alone is completed by the source's shape. */
  readonly outputSize?: { readonly width?: number | undefined; readonly height?: number | undefined } | undefined;
  /** ffmpeg's name of a video encoder; default the container's best one that this ffmpeg has. */
  readonly codec?: string | undefined;
  /** Constant quality, lower is better. */
  readonly crf: number;
  /** The encoder's speed preset. */
  readonly preset?: string | undefined;
  /** Further output arguments, separated by spaces; quotes group. */
  readonly ffmpegArgs?: string | undefined;
  readonly audio: boolean;
  /** Tags added to the source's own. */
  readonly tags?: Readonly<Record<string, string>> | undefined;
  readonly overwrite: boolean;
  /** A copy of the source's side streams that is read in place of them. */
  readonly sideCopy?: SideCopy | undefined;
  /** What was planned, and told, before; default: planned now. */
  readonly plan?: EncodePlan | undefined;
  readonly warn?: ((message: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
};

export type Encoder = {
  /** Takes the next frame; waits while ffmpeg is busy. */
  write(frame: Frame): Promise<void>;
  /** Ends the file and gives it its name. */
  finish(): Promise<void>;
  /** Ends ffmpeg and removes what was written. */
  abort(): Promise<void>;
};

/** Waits until a stream takes more, or for the end of the process behind it. */
const drained = (stream: PassThrough, ended: Promise<unknown>): Promise<unknown> =>
  Promise.race([new Promise(resolve => stream.once('drain', resolve)), ended]);

/**
 * Starts encoding to `output` (its ending names the container). The file appears under its name only when {@link Encoder.finish} has ended.
 * @throws UsageError for an unknown container or codec; FfmpegError when ffmpeg fails
 */
export const openEncoder = async (output: string, options: EncodeOptions): Promise<Encoder> => {
  const { ffmpeg, width, height, overwrite, signal, warn = () => undefined } = options;
  const plan = options.plan ?? encodePlan(output, options);
  if (!options.plan) for (const message of plan.warnings) warn(message);
  const { container } = plan;
  const extension = extname(output);
  const part = join(dirname(output), `${basename(output, extension)}.part${extension}`);
  await access(dirname(part), constants.W_OK).catch(cause => {
    throw new UsageError(`The folder ${dirname(part)} does not exist or cannot be written to: make it, or name another one.`, { cause });
  });

  const beside = besides(plan, options);
  const { num, den } = beside.timeBase;
  const stdin = new PassThrough({ highWaterMark: width * height * 3 });
  const running = startFfmpeg(ffmpeg.ffmpeg.path, {
    inputs: [{ source: stdin, options: ['-copyts', '-f', 'nut'] }, ...beside.inputs],
    options: encodeArguments(plan, beside, options),
    output: fileAddress(part),
    signal,
  });
  const ended = running.done.catch(() => undefined);
  stdin.on('error', () => undefined); // a broken pipe is told by `done`
  stdin.write(nutHeader(width, height, { num, den }));

  const abort = async (): Promise<void> => {
    running.kill();
    stdin.destroy();
    await ended;
    await rm(part, { force: true });
  };
  const lastFrame = lastFrameOf(options);
  const shown = (options.times.at(-1) ?? 0) - (options.times[0] ?? 0) + lastFrame;
  let over = false;
  ended.then(() => {
    over = true;
  });
  return {
    write: async ({ data, time }) => {
      const pts = Math.round(((time - beside.begin) * den) / num);
      stdin.write(nutFrameHeader(pts, data.length));
      if (!stdin.write(data)) await drained(stdin, ended);
      if (over) await running.done;
      signal?.throwIfAborted();
    },
    finish: async () => {
      stdin.end();
      try {
        await running.done;
        if (/^(mp4|mov)$/.test(container.muxer)) await showLastFrame(part, shown, lastFrame);
        if (/^(matroska|webm)$/.test(container.muxer)) await endMatroskaAt(part, (options.times.at(-1) ?? 0) - beside.begin + lastFrame);
        if (overwrite) await rename(part, output);
        else await renameAnew(part, output);
      } catch (error) {
        await rm(part, { force: true });
        throw error;
      }
    },
    abort,
  };
};

/** Renames without replacing what has appeared there meanwhile. */
const renameAnew = async (from: string, to: string): Promise<void> => {
  try {
    await link(from, to);
    await unlink(from);
  } catch (cause) {
    const exists = await stat(to).then(
      () => true,
      () => false,
    );
    if (exists) throw new UsageError(`The output ${to} has appeared meanwhile: give -y to replace it.`, { cause });
    await rename(from, to); // a file system without hard links
  }
};
