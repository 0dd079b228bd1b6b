// What becomes of the streams beside the picture: copied where the container holds their codec, else encoded anew or left out.
import type { Container } from './containers.ts';
import type { Ffmpeg } from './ffmpeg.ts';
import { layoutFor, layoutName } from './layouts.ts';
import type { SideStream } from './probe.ts';

/** What becomes of one stream. */
export type StreamPlan = {
  readonly stream: SideStream;
  /** An encoder's name where it is encoded anew. */
  readonly what: 'copied' | 'left out' | { readonly encoder: string };
  /** Absent where it is copied. */
  readonly why?: string;
  /** Whether nobody needs to be told: it was asked for, or changes nothing. */
  readonly quiet?: true;
};

export type SideOptions = {
  /** Whether sound is wanted. */
  readonly audio: boolean;
  /** Whether the frames are a part of the source: its streams are cut to it. */
  readonly partial: boolean;
};

const TEXT_SUBTITLES = ['subrip', 'ass', 'ssa', 'webvtt', 'mov_text', 'text'];

const leftOut = (stream: SideStream, why: string): StreamPlan => ({ stream, what: 'left out', why });

/** A stream encoded anew by the first of `encoders` that this ffmpeg has, or else left out. */
export const encodedAnew = (stream: SideStream, encoders: readonly string[], ffmpeg: Ffmpeg, why: string): StreamPlan => {
  const encoder = encoders.find(name => ffmpeg.encoders.has(name));
  if (encoder === undefined) return leftOut(stream, why);
  if (!ffmpeg.decodable.has(stream.codec)) return leftOut(stream, `${why}, and this ffmpeg cannot decode it`);
  return { stream, what: { encoder }, why };
};

/** The same, told of a layout that the encoder does not take. */
const inLayout = (plan: StreamPlan): StreamPlan => {
  const { stream, what, why } = plan;
  const layout = typeof what === 'string' ? undefined : layoutFor(what.encoder, stream.layout, stream.channels);
  if (layout === undefined || layout === layoutName(stream.layout, stream.channels)) return plan;
  return { ...plan, why: `${why}; ${stream.layout ?? `${stream.channels} channels`} becomes ${layout}` };
};

const planSound = (stream: SideStream, container: Container, ffmpeg: Ffmpeg, { audio, partial }: SideOptions): StreamPlan => {
  if (!audio) return { ...leftOut(stream, 'no sound is wanted'), quiet: true };
  if (/^(unknown|none)$/.test(stream.codec)) return leftOut(stream, 'no decoder and no container knows its codec');
  if (container.audio && !container.audio.includes(stream.codec)) {
    return inLayout(encodedAnew(stream, container.audioEncoders, ffmpeg, `${container.muxer} cannot hold it`));
  }
  // raw samples come in packets of any length: written anew they are the same, and cut where the pictures are
  const raw = partial && stream.codec.startsWith('pcm_') && ffmpeg.encoders.has(stream.codec);
  return raw ? { stream, what: { encoder: stream.codec }, why: 'cut to the part', quiet: true } : { stream, what: 'copied' };
};

const planSubtitle = (stream: SideStream, container: Container, ffmpeg: Ffmpeg): StreamPlan => {
  const { subtitles, subtitleEncoder } = container;
  if (subtitles.includes(stream.codec)) return { stream, what: 'copied' };
  const encoders = subtitleEncoder !== undefined && TEXT_SUBTITLES.includes(stream.codec) ? [subtitleEncoder] : [];
  return encodedAnew(stream, encoders, ffmpeg, `${container.muxer} cannot hold it`);
};

const planCover = (stream: SideStream, { covers, muxer }: Container, ffmpeg: Ffmpeg): StreamPlan => {
  if (covers.includes(stream.codec)) return { stream, what: 'copied' };
  return encodedAnew(stream, covers.length > 0 ? ['png'] : [], ffmpeg, `${muxer} cannot hold it`);
};

/** What a container makes of a stream, as far as tables tell. */
export const planStream = (stream: SideStream, container: Container, ffmpeg: Ffmpeg, options: SideOptions): StreamPlan => {
  switch (stream.type) {
    case 'audio':
      return planSound(stream, container, ffmpeg, options);
    case 'subtitle':
      return planSubtitle(stream, container, ffmpeg);
    case 'cover':
      return planCover(stream, container, ffmpeg);
    case 'attachment':
      return container.attachments ? { stream, what: 'copied' } : leftOut(stream, `${container.muxer} holds no attachments`);
    case 'thumbnail':
      return leftOut(stream, 'it is a thumbnail, a single picture beside the film');
    case 'video':
      return leftOut(stream, 'it is another video track');
    default:
      return leftOut(stream, 'it is no sound, text or picture');
  }
};

/** `stream 2 (audio, ac3)`. */
export const streamName = ({ index, type, codec }: SideStream): string => `stream ${index} (${type}, ${codec})`;

/** A sentence about a stream that does not stay as it is. */
export const streamWarning = ({ stream, what, why }: StreamPlan): string =>
  `${streamName(stream)}: ${why}, ${typeof what === 'string' ? what : `encoded anew as ${what.encoder}`}`;

/** Seconds of pre-skip in what libopus encodes: 312 samples of 48 kHz (RFC 7845, 4.2; the encoder's look-ahead). */
export const OPUS_DELAY = 312 / 48000;

/** Whether a stream is copied from a second opening of the source (input 2) that is later by {@link OPUS_DELAY}. */
export const isDelayed = ({ stream, what }: StreamPlan, container: Container, { ffmpeg }: Ffmpeg): boolean =>
  what === 'copied' && container.earlyOpus === true && ffmpeg.libavutil[0] < 58 && stream.type === 'audio' && stream.codec === 'opus';

const LETTERS = { audio: 'a', subtitle: 's', attachment: 't', cover: 'v' } as const;

/**
 * The arguments that map a source's side streams (input 1) into the output, behind the video.
 * @param cut seconds of the source that are wanted, from time 0 on; `undefined`: all
 * @param places where each stream is in input 1, if not at its own index
 */
export const sideStreamArguments = (
  plans: readonly StreamPlan[],
  container: Container,
  ffmpeg: Ffmpeg,
  { cut, places }: { readonly cut: number | undefined; readonly places?: ReadonlyMap<number, number> | undefined },
): string[] => {
  const args: string[] = [];
  const placed = { a: 0, s: 0, t: 0, v: 1 };
  for (const plan of plans) {
    const { stream, what } = plan;
    const letter = LETTERS[stream.type as keyof typeof LETTERS];
    if (what === 'left out' || letter === undefined) continue;
    const place = `${letter}:${placed[letter]++}`;
    const encoder = what === 'copied' ? 'copy' : what.encoder;
    args.push('-map', `${isDelayed(plan, container, ffmpeg) ? 2 : 1}:${places?.get(stream.index) ?? stream.index}`, `-c:${place}`, encoder);
    if (letter === 'a' && what !== 'copied') {
      const layout = layoutFor(encoder, stream.layout, stream.channels);
      const filters = [
        ...(cut === undefined ? [] : [`atrim=start=0:end=${cut.toFixed(6)}`]),
        ...(layout === undefined ? [] : [`aformat=channel_layouts=${layout}`]),
      ];
      if (filters.length > 0) args.push(`-filter:${place}`, filters.join(','));
    }
    if (letter === 'v') args.push(`-disposition:${place}`, 'attached_pic');
  }
  return args;
};
