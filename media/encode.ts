// Encodes pictures at their own times, beside the sound and everything else of the source.
import { stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { PassThrough } from 'node:stream';
import { UsageError } from '../config/errors.ts';
import { patient } from './attended.ts';
import { besides, frameStep } from './beside.ts';
import { containerOf } from './containers.ts';
import { diskFull, freeBytes } from './disk-error.ts';
import { FfmpegError, StallError } from './errors.ts';
import { everyFrame, type Ffmpeg } from './ffmpeg.ts';
import type { Frame } from './frame.ts';
import { showLastFrame } from './mp4-duration.ts';
import { nutFrameHeader, nutHeader } from './nut-writer.ts';
import type { MediaInfo } from './probe.ts';
import { fileAddress, startFfmpeg } from './process.ts';
import { flawError, flawOf } from './prove.ts';
import type { Range } from './range.ts';
import { outputSize } from './size.ts';
import { openWhole } from './whole-file.ts';

export type EncodeOptions = {
  readonly ffmpeg: Ffmpeg;
  /** Where sound, subtitles, metadata and the size come from. Default: from nowhere, the frames are all there is. */
  readonly source?: MediaInfo | undefined;
  /** Seconds at which the frames are shown, on the source's clock. */
  readonly times: readonly number[];
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

/** `a b "c d"` as arguments. */
export const splitArguments = (text: string): string[] => [...text.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(m => m[1] ?? m[2] ?? m[3]!);

const encoderName = (options: EncodeOptions, candidates: readonly string[], warn: (message: string) => void): string => {
  const { codec, ffmpeg } = options;
  if (codec !== undefined) {
    if (ffmpeg.encoders.has(codec)) return codec;
    throw new UsageError(`--codec ${codec} is no encoder of this ffmpeg (${ffmpeg.ffmpeg.path}): \`ffmpeg -encoders\` lists them.`);
  }
  const found = candidates.find(name => ffmpeg.encoders.has(name));
  if (found === undefined)
    throw new FfmpegError(
      `this ffmpeg (${ffmpeg.ffmpeg.path}) has none of the encoders ${candidates.join(', ')}: use a full build, or another container`,
      '',
      '',
    );
  if (found !== candidates[0]) warn(`this ffmpeg has no encoder ${candidates[0]}; ${found} is used`);
  return found;
};

/** Quality and speed as each encoder spells them. `rate`: frames a second, which x264 cannot tell from exact time stamps. */
const qualityArguments = (name: string, { crf, preset }: EncodeOptions, rate: number): string[] => {
  const speed = preset === undefined ? [] : ['-preset', preset];
  const fps = `${Math.round(rate * 1000)}/1000`;
  switch (name) {
    case 'libx264':
      return ['-crf', String(Math.min(crf, 51)), ...speed, '-x264-params', `fps=${fps}`];
    case 'libx265':
      return ['-crf', String(Math.min(crf, 51)), ...speed];
    case 'libvpx-vp9':
    case 'libvpx':
    case 'libaom-av1':
      return ['-crf', String(crf), '-b:v', '0', '-row-mt', '1', ...(name === 'libvpx-vp9' ? ['-deadline', 'good', '-cpu-used', '3'] : [])];
    case 'gif':
      return [];
    default:
      return ['-q:v', String(Math.max(1, Math.round(crf / 6))), ...speed];
  }
};

const GIF_PALETTE = 'split[a][b];[a]palettegen=stats_mode=diff[p];[b][p]paletteuse=dither=bayer:bayer_scale=3';

/** From RGB frames to the encoder's: scaled to the result's size, BT.709 in limited range. */
const videoFilters = (size: { width: number; height: number }, gif: boolean, { filters }: Ffmpeg): string => {
  const scale = `scale=${size.width}:${size.height}:flags=lanczos+accurate_rnd+full_chroma_int`;
  if (gif) return `${scale},${GIF_PALETTE}`;
  const tagged = filters.has('setparams') ? [`setparams=${FRAME_TAGS}`] : [];
  return [`${scale}:out_color_matrix=bt709:out_range=tv`, 'format=yuv420p', ...tagged].join(',');
};

// Encoders of old builds take the tags from options, those of new builds from the frames.
const COLOUR_TAGS = ['-color_primaries', 'bt709', '-color_trc', 'bt709', '-colorspace', 'bt709', '-color_range', 'tv'];
const FRAME_TAGS = 'color_primaries=bt709:color_trc=bt709:colorspace=bt709:range=tv';

/** Raw arguments that change which pictures are written, or when they are shown. */
const ALTERING = /(^|\s)-(r|t|to|ss|fs|frames|vframes|vf|filter|filter_complex|fps_mode|vsync|shortest|map|c|codec|vcodec|bsf)\b/;

/** Bytes below which a disk counts as full. */
const FULL = 1 << 16;

/**
 * Starts encoding to `output` (its ending names the container). The file appears under its name only when {@link Encoder.finish} has proven
 * that it is whole.
 * @throws UsageError for an unknown container or codec; FfmpegError when ffmpeg fails; RerenderError DISK_FULL
 */
export const openEncoder = async (output: string, options: EncodeOptions): Promise<Encoder> => {
  const { ffmpeg, source, width, height, overwrite, signal, warn = () => undefined } = options;
  const container = containerOf(output);
  const name = encoderName(options, container.video, warn);
  const gif = name === 'gif';
  const size = outputSize(source ?? { width, height }, options.outputSize ?? {}, gif || /^(libvpx|libaom)/.test(name) ? 1 : 2, warn);
  const beside = besides(container, options);
  const part = await openWhole(output, { overwrite });
  const { num, den } = beside.timeBase;
  const stdin = new PassThrough({ highWaterMark: width * height * 3 });
  const running = startFfmpeg(ffmpeg.ffmpeg.path, {
    inputs: [{ source: stdin, options: ['-copyts', '-f', 'nut'] }, ...beside.inputs],
    options: [
      ...[
        '-map',
        '0:v:0',
        '-filter:v:0',
        videoFilters(size, gif, ffmpeg),
        '-c:v:0',
        name,
        ...qualityArguments(name, options, 1 / frameStep(options)),
      ],
      ...everyFrame(ffmpeg),
      ...['-enc_time_base:v:0', `${num}:${den}`],
      ...(gif ? [] : COLOUR_TAGS),
      ...beside.options,
      ...Object.entries(options.tags ?? {}).flatMap(([key, value]) => ['-metadata', `${key}=${value}`]),
      ...container.arguments,
      ...(options.ffmpegArgs === undefined ? [] : splitArguments(options.ffmpegArgs)),
      ...['-max_muxing_queue_size', '4096', '-f', container.muxer, '-y'],
    ],
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

  const folder = dirname(resolve(output));
  let written = 0; // frames
  /** The error of an encoder that failed or stopped early: where the disk is full, that. */
  const failureOf = async (cause: unknown): Promise<unknown> => {
    if (!(cause instanceof FfmpegError)) return cause;
    const full = /No space left|Disk quota/i.test(`${cause.message}\n${running.log().join('\n')}`);
    if (!full && ((await freeBytes(folder)) ?? FULL) >= FULL) return cause;
    const bytes = await stat(part.path).then(
      about => about.size,
      () => 0,
    );
    const all = options.times.length;
    return diskFull(folder, bytes > 0 ? Math.ceil((bytes * all) / Math.max(1, Math.min(written, all))) : undefined, { cause });
  };
  const abort = async (): Promise<void> => {
    running.kill();
    stdin.destroy();
    await ended;
    await part.discard();
  };
  const { times, ffmpegArgs = '' } = options;
  const step = frameStep(options);
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
        if (/^(mp4|mov)$/.test(container.muxer)) await showLastFrame(part.path, length + step, step);
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
