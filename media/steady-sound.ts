// Sound of recordings that were joined end to end, whose clock starts anew at each join: copied once with times that go on, in step with
// the picture.
import { join } from 'node:path';
import { finished } from './attended.ts';
import { LONGEST_GAP } from './decode.ts';
import { FfmpegError } from './errors.ts';
import type { Ffmpeg } from './ffmpeg.ts';
import type { MediaInfo } from './probe.ts';
import { capture, fileAddress, startFfmpeg } from './process.ts';
import type { StreamPlan } from './side-streams.ts';
import { openTemporaryFolder } from './temporary-folder.ts';

/** A file that holds a source's side streams on the source's clock. */
export type SideCopy = {
  readonly path: string;
  /** Options before its opening by ffmpeg. */
  readonly opening: readonly string[];
  /** Where a stream of the source is in it. */
  readonly places: ReadonlyMap<number, number>;
  close(): Promise<void>;
};

type Packet = { readonly stream: number; readonly pts: number; readonly dts: number; readonly duration: number };

/** A run of packets of one stream whose times go on. */
type Part = { readonly first: number; readonly start: number; readonly lastStart: number; readonly end: number };

/** The parts of a stream between its jumps: where times step back, or far ahead. */
const partsOf = (packets: readonly Packet[]): Part[] => {
  const parts: Part[] = [];
  let before = Number.NaN;
  for (const [n, { pts, dts, duration }] of packets.entries()) {
    const step = dts - before;
    before = dts;
    const last = parts.at(-1);
    if (!last || step < 0 || step > LONGEST_GAP) parts.push({ first: n, start: pts, lastStart: pts, end: pts + duration });
    else {
      const [start, lastStart] = [Math.min(last.start, pts), Math.max(last.lastStart, pts)];
      parts[parts.length - 1] = { ...last, start, lastStart, end: Math.max(last.end, pts + duration) };
    }
  }
  return parts;
};

/** Seconds by which each part of the picture is later than its own times say: frames go on one step after another, as they are decoded. */
const pictureOffsets = (parts: readonly Part[], rate: number): number[] => {
  const offsets = [0];
  for (let i = 1; i < parts.length; i++) {
    const gap = parts[i]!.start - parts[i - 1]!.lastStart;
    offsets.push(offsets[i - 1]! + (gap > 0 && gap <= LONGEST_GAP ? 0 : 1 / rate - gap));
  }
  return offsets;
};

/** The same of a stream that jumps elsewhere than the picture: each part begins where the one before ends. */
const ownOffsets = (parts: readonly Part[]): number[] => {
  const offsets = [0];
  for (let i = 1; i < parts.length; i++) offsets.push(offsets[i - 1]! + parts[i - 1]!.end - parts[i]!.start);
  return offsets;
};

const packetsOf = async (
  { path, opening }: MediaInfo,
  { ffprobe, stall }: Ffmpeg,
  signal?: AbortSignal,
): Promise<Map<number, Packet[]>> => {
  const entries = ['-show_entries', 'packet=stream_index,pts_time,dts_time,duration_time', '-of', 'csv=p=0:nk=1'];
  const { stdout } = await capture(ffprobe.path, ['-v', 'error', ...opening, ...entries, fileAddress(path)], { signal, stall });
  const streams = new Map<number, Packet[]>();
  for (const [, index, ...times] of stdout.matchAll(/^(\d+),([\d.-]+|N\/A),([\d.-]+|N\/A),([\d.]+|N\/A)/gm)) {
    const [stream, pts, dts, duration] = [Number(index), ...times.map(Number)] as [number, number, number, number];
    const time = Number.isNaN(pts) ? dts : pts;
    const packet = { stream, pts: time, dts: Number.isNaN(dts) ? time : dts, duration: duration || 0 };
    const all = streams.get(stream) ?? [];
    streams.set(stream, all);
    if (Number.isNaN(time)) all.push({ ...(all.at(-1) ?? { pts: 0, dts: 0 }), stream, duration: 0 });
    else all.push(packet);
  }
  return streams;
};

/** The bitstream filter that moves the packets of each part. */
const moved = (parts: readonly Part[], offsets: readonly number[]): string => {
  const steps = parts.slice(1).map(({ first }, i) => `+gte(N,${first})*round(${(offsets[i + 1]! - offsets[i]!).toFixed(6)}/TB)`);
  return `setts=ts='TS${steps.join('')}'`;
};

/**
 * A copy of the side streams that a plan keeps, in step with the picture, where recordings were joined, else `undefined`.
 * An ffmpeg without the filter setts (before 4.4) repairs the times by its own rule, each stream for itself.
 */
export const steadySound = async (
  info: MediaInfo,
  streams: readonly StreamPlan[],
  ffmpeg: Ffmpeg,
  signal?: AbortSignal,
): Promise<SideCopy | undefined> => {
  const copied = streams.filter(({ what }) => what !== 'left out').map(({ stream }) => stream);
  if (!info.discontinuous || copied.length === 0) return undefined;
  const packets = await packetsOf(info, ffmpeg, signal);
  const picture = partsOf(packets.get(info.video.index) ?? []);
  const sounds = copied.map(({ index }) => partsOf(packets.get(index) ?? []));
  if (picture.length < 2 && sounds.every(parts => parts.length < 2)) return undefined;
  const offsets = pictureOffsets(picture, info.rate);
  const { folder, close } = await openTemporaryFolder();
  const path = join(folder, 'sound.ts'); // setts knows one time base alone: 1/90000 s, here and in the source
  const filters = sounds.flatMap((parts, i) => [`-bsf:${i}`, moved(parts, parts.length === picture.length ? offsets : ownOffsets(parts))]);
  const steady = ffmpeg.ffmpeg.libavutil[0] > 56 || (ffmpeg.ffmpeg.libavutil[0] === 56 && ffmpeg.ffmpeg.libavutil[1] >= 70);
  try {
    const running = startFfmpeg(ffmpeg.ffmpeg.path, {
      inputs: [
        { source: fileAddress(info.path), options: [...(steady ? ['-copyts'] : ['-itsoffset', String(info.origin)]), ...info.opening] },
      ],
      options: [
        ...copied.flatMap(({ index }) => ['-map', `0:${index}`]),
        ...['-c', 'copy', ...(steady ? filters : []), '-muxdelay', '0', '-muxpreload', '0', '-f', 'mpegts', '-y'],
      ],
      output: fileAddress(path),
      signal,
    });
    await finished(running, path, `copying the sound of ${info.path}`, ffmpeg.stall);
  } catch (error) {
    await close();
    if (error instanceof FfmpegError && error.signal === undefined) return undefined; // of a codec that no transport stream holds
    throw error;
  }
  const opening = ['-f', 'mpegts', '-protocol_whitelist', 'file,pipe'];
  return { path, opening, places: new Map(copied.map(({ index }, i) => [index, i])), close };
};
