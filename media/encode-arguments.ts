// The arguments with which ffmpeg encodes raw frames from its stdin (input 0) beside the streams of a source (input 1).
import { type Besides, frameStep, lastFrameOf } from './beside.ts';
import type { EncodeOptions } from './encode.ts';
import type { EncodePlan } from './encode-plan.ts';
import { everyFrame, type Ffmpeg } from './ffmpeg.ts';

/** `a b "c d"` as arguments. */
export const splitArguments = (text: string): string[] => [...text.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(m => m[1] ?? m[2] ?? m[3]!);

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

/** Results have square pixels. Scaling to another shape alone would write pixels of the shape that undoes it. */
const SQUARE = 'setsar=1';

/** From RGB frames to the encoder's: scaled to the result's size, BT.709 in limited range. */
const videoFilters = (size: { width: number; height: number }, gif: boolean, { filters }: Ffmpeg): string => {
  const scale = `scale=${size.width}:${size.height}:flags=lanczos+accurate_rnd+full_chroma_int`;
  if (gif) return `${scale},${SQUARE},${GIF_PALETTE}`;
  const tagged = filters.has('setparams') ? [`setparams=${FRAME_TAGS}`] : [];
  return [`${scale}:out_color_matrix=bt709:out_range=tv`, SQUARE, 'format=yuv420p', ...tagged].join(',');
};

// Encoders of old builds take the tags from options, those of new builds from the frames.
const COLOUR_TAGS = ['-color_primaries', 'bt709', '-color_trc', 'bt709', '-colorspace', 'bt709', '-color_range', 'tv'];
const FRAME_TAGS = 'color_primaries=bt709:color_trc=bt709:colorspace=bt709:range=tv';

/** All options that stand before the output. */
export const encodeArguments = ({ container, encoder, size }: EncodePlan, beside: Besides, options: EncodeOptions): string[] => {
  const { ffmpeg } = options;
  const { num, den } = beside.timeBase;
  const gif = encoder === 'gif';
  return [
    ...['-map', '0:v:0', '-filter:v:0', videoFilters(size, gif, ffmpeg), '-c:v:0', encoder],
    ...qualityArguments(encoder, options, 1 / frameStep(options)),
    ...everyFrame(ffmpeg),
    ...['-enc_time_base:v:0', `${num}:${den}`],
    ...(gif ? [] : COLOUR_TAGS),
    ...beside.options,
    ...Object.entries(options.tags ?? {}).flatMap(([key, value]) => ['-metadata', `${key}=${value}`]),
    ...container.arguments,
    ...(container.muxer === 'gif' ? ['-final_delay', String(Math.min(65535, Math.max(1, Math.round(lastFrameOf(options) * 100))))] : []),
    ...(options.ffmpegArgs === undefined ? [] : splitArguments(options.ffmpegArgs)),
    ...['-max_muxing_queue_size', '4096', '-f', container.muxer, '-y'],
  ];
};
