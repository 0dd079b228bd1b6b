// What each output container can hold, and what is done with streams that it cannot.
import { extname } from 'node:path';
import { UsageError } from '../config/errors.ts';
import type { Ffmpeg } from './ffmpeg.ts';
import type { SideStream } from './probe.ts';

export type Container = {
  /** ffmpeg's name of the format. */
  readonly muxer: string;
  /** Video encoders, best first. */
  readonly video: readonly string[];
  /** Audio codecs that are copied as they are; `undefined`: all. */
  readonly audio: readonly string[] | undefined;
  /** Encoders for other audio, best first; empty: no audio at all. */
  readonly audioEncoders: readonly string[];
  readonly subtitles: readonly string[];
  /** Encoder for other text subtitles. */
  readonly subtitleEncoder: string | undefined;
  readonly attachments: boolean;
  /** Cover art: copied as a still picture beside the video. */
  readonly cover: boolean;
  readonly arguments: readonly string[];
  /**
   * Whether copied Opus comes out early by its pre-skip: ffmpeg before 6 subtracts it when it reads Matroska or mp4, and does not add it when
   * it copies to Matroska. Such sound is read from a second opening of the source, later by as much.
   */
  readonly earlyOpus?: boolean;
};

const H264 = ['libx264', 'libopenh264', 'h264_videotoolbox', 'h264_mf', 'mpeg4'];

const mp4: Container = {
  muxer: 'mp4',
  video: H264,
  audio: ['aac', 'mp3', 'ac3', 'eac3', 'alac', 'mp2', 'opus', 'flac'],
  audioEncoders: ['aac'],
  subtitles: ['mov_text'],
  subtitleEncoder: 'mov_text',
  attachments: false,
  cover: true,
  arguments: ['-movflags', '+faststart', '-strict', '-2'], // Opus and FLAC in mp4 were experimental in builds of 2018
};

// sound that starts before 0 must not move the picture
const MATROSKA = { arguments: ['-avoid_negative_ts', 'disabled'], earlyOpus: true } as const;

const CONTAINERS: Readonly<Record<string, Container>> = {
  '.mp4': mp4,
  '.m4v': mp4,
  '.mov': {
    ...mp4,
    muxer: 'mov',
    audio: [
      ...mp4.audio!.filter(codec => !/opus|flac/.test(codec)),
      'pcm_s16le',
      'pcm_s16be',
      'pcm_s24le',
      'pcm_s24be',
      'pcm_s32le',
      'pcm_f32le',
    ],
  },
  '.mkv': {
    muxer: 'matroska',
    video: H264,
    audio: undefined,
    audioEncoders: ['libopus', 'aac'],
    subtitles: ['subrip', 'ass', 'ssa', 'webvtt', 'dvd_subtitle', 'hdmv_pgs_subtitle', 'dvb_subtitle'],
    subtitleEncoder: 'srt',
    attachments: true,
    cover: false,
    ...MATROSKA,
  },
  '.webm': {
    muxer: 'webm',
    video: ['libvpx-vp9', 'libvpx'],
    audio: ['opus', 'vorbis'],
    audioEncoders: ['libopus', 'libvorbis'],
    subtitles: ['webvtt'],
    subtitleEncoder: 'webvtt',
    attachments: false,
    cover: false,
    ...MATROSKA,
  },
  '.avi': {
    muxer: 'avi',
    video: [...H264.filter(name => name !== 'mpeg4'), 'mpeg4'],
    audio: ['mp3', 'ac3', 'mp2', 'pcm_s16le', 'aac'],
    audioEncoders: ['libmp3lame', 'mp2'],
    subtitles: [],
    subtitleEncoder: undefined,
    attachments: false,
    cover: false,
    arguments: [],
  },
  '.gif': {
    muxer: 'gif',
    video: ['gif'],
    audio: [],
    audioEncoders: [],
    subtitles: [],
    subtitleEncoder: undefined,
    attachments: false,
    cover: false,
    arguments: [],
  },
};

/** The container of an output's name. @throws UsageError for an ending that is not known */
export const containerOf = (output: string): Container => {
  const extension = extname(output).toLowerCase();
  const container = CONTAINERS[extension];
  if (container) return container;
  throw new UsageError(`The output ${output} has no ending that names a container: use one of ${Object.keys(CONTAINERS).join(' ')}.`);
};

type SideOptions = {
  /** Whether sound is wanted. */
  readonly audio: boolean;
  /** Seconds of the source that are wanted, from time 0 on; default all. */
  readonly cut: number | undefined;
  readonly warn: (message: string) => void;
};

const TEXT_SUBTITLES = ['subrip', 'ass', 'ssa', 'webvtt', 'mov_text', 'text'];

/** Seconds of pre-skip in what libopus encodes: 312 samples of 48 kHz (RFC 7845, 4.2; the encoder's look-ahead). */
export const OPUS_DELAY = 312 / 48000;

/** Whether a stream is copied from a second opening of the source (input 2) that is later by {@link OPUS_DELAY}. */
export const isDelayed = (stream: SideStream, container: Container, { ffmpeg }: Ffmpeg): boolean =>
  container.earlyOpus === true && ffmpeg.libavutil[0] < 58 && stream.type === 'audio' && stream.codec === 'opus';

/**
 * The arguments that map a source's side streams (input 1) into the output, behind the video.
 * Streams are copied where the container holds their codec, else encoded anew or left out, each with a warning.
 */
export const sideStreamArguments = (
  streams: readonly SideStream[],
  container: Container,
  ffmpeg: Ffmpeg,
  { audio, cut, warn }: SideOptions,
): string[] => {
  const args: string[] = [];
  const placed = { audio: 0, subtitle: 0, attachment: 0, video: 1 };
  const map = (stream: SideStream, letter: string, n: number, codec: string) =>
    args.push('-map', `${isDelayed(stream, container, ffmpeg) ? 2 : 1}:${stream.index}`, `-c:${letter}:${n}`, codec);
  for (const stream of streams) {
    const name = `stream ${stream.index} (${stream.type}, ${stream.codec})`;
    if (stream.type === 'audio') {
      if (!audio) continue;
      const encoder = container.audioEncoders.find(e => ffmpeg.encoders.has(e));
      // raw samples come in packets of any length: written anew they are the same, and cut where the pictures are
      const raw = cut !== undefined && stream.codec.startsWith('pcm_') && ffmpeg.encoders.has(stream.codec);
      const trim = cut === undefined ? [] : [`-filter:a:${placed.audio}`, `atrim=start=0:end=${cut.toFixed(6)}`];
      if (!container.audio || container.audio.includes(stream.codec)) {
        if (raw) args.push(...trim);
        map(stream, 'a', placed.audio++, raw ? stream.codec : 'copy');
      } else if (encoder) {
        warn(`${name}: ${container.muxer} cannot hold it, encoded anew as ${encoder}`);
        args.push(...trim);
        map(stream, 'a', placed.audio++, encoder);
      } else warn(`${name}: ${container.muxer} cannot hold it, left out`);
    } else if (stream.type === 'subtitle') {
      if (container.subtitles.includes(stream.codec)) map(stream, 's', placed.subtitle++, 'copy');
      else if (container.subtitleEncoder && TEXT_SUBTITLES.includes(stream.codec)) {
        warn(`${name}: ${container.muxer} cannot hold it, written as ${container.subtitleEncoder}`);
        map(stream, 's', placed.subtitle++, container.subtitleEncoder);
      } else warn(`${name}: ${container.muxer} cannot hold it, left out`);
    } else if (stream.type === 'attachment' && container.attachments) map(stream, 't', placed.attachment++, 'copy');
    else if (stream.type === 'cover' && container.cover) {
      args.push(`-disposition:v:${placed.video}`, 'attached_pic');
      map(stream, 'v', placed.video++, 'copy');
    } else warn(`${name}: left out`);
  }
  return args;
};
