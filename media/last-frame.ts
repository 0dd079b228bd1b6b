// How long the last frame of a pass is shown. Decoded frames do not tell; packets and containers do.
import type { Ffmpeg } from './ffmpeg.ts';
import type { MediaInfo } from './probe.ts';
import { capture, fileAddress } from './process.ts';
import { TIME_SLACK } from './range.ts';

/** Seconds before a frame from which packets are read, so that the frame is among them where an index is coarse. */
const MARGIN = 2;

/** A frame held for longer is a mistake of the file. */
const LONGEST = 24 * 3600;

type Packet = { readonly pts: number; readonly duration: number };

const packetsFrom = async (
  { path, opening, video, indexed }: MediaInfo,
  ffmpeg: Ffmpeg,
  from: number,
  signal?: AbortSignal,
): Promise<Packet[]> => {
  const interval = indexed && from > 0 ? ['-read_intervals', `${from.toFixed(3)}%`] : [];
  const entries = ['-select_streams', String(video.index), '-show_entries', 'packet=pts_time,duration_time', '-of', 'csv=p=0:nk=1'];
  const { stdout } = await capture(ffmpeg.ffprobe.path, ['-v', 'error', ...opening, ...interval, ...entries, fileAddress(path)], {
    signal,
    stall: ffmpeg.stall,
  });
  return [...stdout.matchAll(/^(-?[\d.]+),([\d.]+|N\/A)/gm)].map(([, pts, duration]) => ({ pts: Number(pts), duration: Number(duration) }));
};

/** Seconds that the page of an animated picture is shown which begins at a time. */
const delayAt = (delays: readonly number[], time: number): number | undefined => {
  let elapsed = 0;
  for (const delay of delays) {
    if (Math.abs(elapsed / 1000 - time) < TIME_SLACK) return delay / 1000;
    elapsed += delay;
  }
  return undefined;
};

/**
 * Seconds that the frame at `time` (on the clip's clock) is shown where it is the last one of a pass: until the next frame of the source,
 * or else until the source's end. `undefined` where the file does not say.
 */
export const lastFrameDuration = async (
  info: MediaInfo,
  ffmpeg: Ffmpeg,
  time: number,
  signal?: AbortSignal,
): Promise<number | undefined> => {
  if (info.discontinuous) return undefined; // such files have frames of one length, and times that start anew
  if (info.delays) return delayAt(info.delays, time);
  const at = time + info.origin;
  const tick = info.video.timeBase.num / info.video.timeBase.den;
  const packets = await packetsFrom(info, ffmpeg, at - MARGIN, signal);
  const packet = packets.find(({ pts }) => Math.abs(pts - at) <= tick / 2 + TIME_SLACK);
  if (!packet) return undefined;
  const next = packets.reduce((least, { pts }) => (pts > packet.pts + tick / 2 ? Math.min(least, pts) : least), Number.POSITIVE_INFINITY);
  const end =
    info.video.endTime !== undefined && info.video.endTime <= (info.duration ?? 0) + info.startTime + tick ? info.video.endTime : undefined;
  // in a clip with reordered frames a packet's duration is that of its decoding; the track's end is where the picture ends
  const candidates = [next - packet.pts, ...(end === undefined ? [] : [end - packet.pts]), packet.duration];
  return candidates.find(seconds => seconds > tick / 2 && seconds < LONGEST);
};
