// What each output container can hold.
import { extname } from 'node:path';
import { UsageError } from '../config/errors.ts';

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
  /** Codecs of cover art that are copied as still pictures beside the video; others become PNG. Empty: no covers. */
  readonly covers: readonly string[];
  readonly arguments: readonly string[];
  /**
   * Whether copied Opus comes out early by its pre-skip: ffmpeg before 6 subtracts it when it reads Matroska or mp4, and does not add it
   * when it copies to Matroska. Such sound is read from a second opening of the source, later by as much.
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
  covers: ['mjpeg', 'png', 'bmp'],
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
    covers: [], // the muxer takes them and drops them
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
    covers: [],
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
    covers: [],
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
    covers: [],
    arguments: ['-bf', '0'], // avi has no times but the decoding order: frames in another order are shown at wrong ones
  },
  '.gif': {
    muxer: 'gif',
    video: ['gif'],
    audio: [],
    audioEncoders: [],
    subtitles: [],
    subtitleEncoder: undefined,
    attachments: false,
    covers: [],
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
