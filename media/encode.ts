// Encodes pictures at their own times, beside the sound and everything else of the source.
import { stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { PassThrough } from 'node:stream';
import type { Range } from '../config/range.ts';
import { patient } from './attended.ts';
import { besides, lastFrameOf } from './beside.ts';
import { encodeArguments } from './encode-arguments.ts';
import { type EncodePlan, encodePlan } from './encode-plan.ts';
import { StallError } from './errors.ts';
import type { Ffmpeg } from './ffmpeg.ts';
import type { Frame } from './frame.ts';
import { endMatroskaAt } from './mkv-duration.ts';
import { showLastFrame } from './mp4-duration.ts';
import { nutFrameHeader, nutHeader } from './nut-writer.ts';
import type { MediaInfo } from './probe.ts';
import { fileAddress, startFfmpeg } from './process.ts';
import { encodeError, flawError, flawOf } from './prove.ts';
import type { SideCopy } from './steady-sound.ts';
import { openWhole } from './whole-file.ts';

/** What is written beside the frames, and how. */
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
  /** Asked once more before the file gets its name; a rejection leaves nothing there. */
  readonly confirm?: (() => Promise<void>) | undefined;
  /** A copy of the source's side streams that is read in place of them. */
  readonly sideCopy?: SideCopy | undefined;
  /** What was planned, and told, before; default: planned now. */
  readonly plan?: EncodePlan | undefined;
  readonly warn?: ((message: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
};

/** A clip that is being written, frame by frame. */
export type Encoder = {
  /** Takes the next frame; waits while ffmpeg is busy. */
  write(frame: Frame): Promise<void>;
  /** Ends the file and gives it its name. */
  finish(): Promise<void>;
  /** Ends ffmpeg and removes what was written. */
  abort(): Promise<void>;
};

/** Raw arguments that change which pictures are written, or when they are shown. */
const ALTERING = /(^|\s)-(r|t|to|ss|fs|frames|vframes|vf|filter|filter_complex|fps_mode|vsync|shortest|map|c|codec|vcodec|bsf)\b/;

/**
 * Starts encoding to `output` (its ending names the container). The file appears under its name only when {@link Encoder.finish} has proven
 * that it is whole.
 * @throws UsageError for an unknown container or codec; FfmpegError when ffmpeg fails; RerenderError DISK_FULL
 */
export const openEncoder = async (output: string, options: EncodeOptions): Promise<Encoder> => {
  const { ffmpeg, width, height, times, ffmpegArgs = '', overwrite, signal, warn = () => undefined } = options;
  const plan = options.plan ?? encodePlan(output, options);
  if (!options.plan) for (const message of plan.warnings) warn(message);
  const { container } = plan;
  const beside = besides(plan, options);
  const part = await openWhole(output, { overwrite });
  const { num, den } = beside.timeBase;
  const stdin = new PassThrough({ highWaterMark: width * height * 3 });
  const running = startFfmpeg(ffmpeg.ffmpeg.path, {
    inputs: [{ source: stdin, options: ['-copyts', '-f', 'nut'] }, ...beside.inputs],
    options: encodeArguments(plan, beside, options),
    output: fileAddress(part.path),
    signal,
  });
  const ended = running.done.catch(() => undefined);
  let over = false;
  ended.then(() => {
    over = true;
  });
  stdin.on('error', () => undefined); // a broken pipe is told by `done`
  stdin.write(nutHeader(width, height, { num, den }));

  const sign = async (): Promise<string> => {
    const about = await stat(part.path).catch(() => undefined);
    return [stdin.readableLength, about?.size, about?.mtimeMs].join(' ');
  };
  const patience = (what: Promise<unknown>) =>
    patient(what, sign, ffmpeg.stall, () => running.kill(new StallError(`encoding ${output}`, ffmpeg.stall)));

  let written = 0; // frames
  const failureOf = (cause: unknown): Promise<unknown> =>
    encodeError(cause, { folder: dirname(resolve(output)), part: part.path, share: written / Math.max(1, times.length) }, running.log());
  const abort = async (): Promise<void> => {
    running.kill();
    stdin.destroy();
    await ended;
    await part.discard();
  };
  const lastFrame = lastFrameOf(options);
  const length = (times.at(-1) ?? 0) - (times[0] ?? 0);
  return {
    write: async ({ data, time }) => {
      const pts = Math.round(((time - beside.begin) * den) / num);
      stdin.write(nutFrameHeader(pts, data.length));
      if (!stdin.write(data)) await patience(Promise.race([new Promise(resolve => stdin.once('drain', resolve)), ended]));
      signal?.throwIfAborted();
      if (over) {
        const early = flawError(output, `it ended after ${written} of ${times.length} frames`, running.log());
        throw await failureOf(
          await running.done.then(
            () => early,
            (error: unknown) => error,
          ),
        );
      }
      written++;
    },
    finish: async () => {
      stdin.end();
      try {
        await patience(running.done);
        if (/^(mp4|mov)$/.test(container.muxer)) await showLastFrame(part.path, length + lastFrame, lastFrame);
        if (/^(matroska|webm)$/.test(container.muxer)) await endMatroskaAt(part.path, (times.at(-1) ?? 0) - beside.begin + lastFrame);
        const streams = 1 + beside.options.filter(option => option === '-map').length;
        const planned = { muxer: container.muxer, frames: written, length, streams, altered: ALTERING.test(ffmpegArgs) };
        const flaw = await flawOf(part.path, planned, running.log(), { ffmpeg, signal });
        if (flaw !== undefined) throw flawError(output, flaw, running.log());
        await options.confirm?.();
        await part.commit();
      } catch (cause) {
        const error = await failureOf(cause);
        await part.discard();
        throw error;
      }
    },
    abort,
  };
};
