// What the tests of the media room share: the two ffmpegs, clips made on the spot, and an independent look into files.
import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { type DecodeOptions, decodeFrames } from '../../media/decode.ts';
import { type EncodeOptions, openEncoder } from '../../media/encode.ts';
import { everyFrame, type Ffmpeg, findFfmpeg } from '../../media/ffmpeg.ts';
import type { Frame } from '../../media/frame.ts';
import { type MediaInfo, probe } from '../../media/probe.ts';

/** An ffmpeg to test with; `tools` is undefined where this machine has none of the kind. */
export type Binary = { readonly name: string; readonly tools: Ffmpeg | undefined; readonly why: string };

const found = async (name: string, env: Record<string, string | undefined>, why: string): Promise<Binary> => ({
  name,
  tools: await findFfmpeg({ env }).catch(() => undefined),
  why,
});

const system = await found('system', process.env, 'no ffmpeg on PATH');
const packaged = await found('packaged', {}, 'the optional packages @ffmpeg-installer and @ffprobe-installer are not installed');

const another = process.env.ANOTHER_FFMPEG;
const third = another && { name: 'another', tools: await findFfmpeg({ ffmpeg: another, env: process.env }), why: '' };

/** The machine's own ffmpeg, the packaged one, and the one that the variable ANOTHER_FFMPEG names: a newer one, say. */
export const BINARIES: readonly Binary[] = [
  system.tools?.ffmpeg.origin === 'package' ? { ...system, tools: undefined } : system,
  packaged,
  ...(third ? [third] : []),
];
for (const { name, tools, why } of BINARIES) if (!tools) console.warn(`media tests with the ${name} ffmpeg are skipped: ${why}`);

/** The one that makes clips and judges results, whichever is tested. */
export const judge: Ffmpeg = (system.tools ?? packaged.tools)!;

const run = (path: string, args: readonly string[]): string =>
  execFileSync(path, args, { encoding: 'utf8', maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'pipe'] });

/** Runs ffmpeg with arguments as on a command line without quotes; `{}` stands for the folder, `{times}` for what keeps frame times. */
export const ffmpeg = (args: string, folder = '', tools: Ffmpeg = judge): string => {
  const spelled = args.replace('{times}', everyFrame(tools).join(' ')).split(/\s+/);
  return run(tools.ffmpeg.path, ['-v', 'error', '-y', ...spelled.map(arg => arg.replaceAll('{}', folder))]);
};

/** The same, giving what it writes to stdout in memory of its own. */
export const ffmpegBytes = (args: string): Uint8Array =>
  new Uint8Array(execFileSync(judge.ffmpeg.path, ['-v', 'error', ...args.split(/\s+/)], { maxBuffer: 1 << 28 }));

type Entries = Readonly<Record<string, string>>;
export type Stream = Entries & {
  readonly tags?: Entries;
  readonly side_data_list?: readonly Entries[];
  readonly disposition?: Readonly<Record<string, number>>;
};

/** What ffprobe says about a file, and its packets. */
export type Seen = {
  readonly streams: readonly Stream[];
  readonly format: Entries & { readonly tags?: Entries };
  readonly chapters: readonly Stream[];
  /** Presentation times of the packets of stream n, seconds, rising. */
  times(n: number): number[];
  /** How many packets of stream n a player drops. */
  dropped(n: number): number;
  /** Digests of the packets of stream n, undecoded, in order. */
  packets(n: number): string[];
};

export const look = (path: string): Seen => {
  const show = ['-show_streams', '-show_format', '-show_chapters', '-show_packets', '-show_data_hash', 'md5'];
  const seen = JSON.parse(run(judge.ffprobe.path, ['-v', 'error', '-of', 'json', ...show, path]));
  const packets = (n: number): Entries[] => seen.packets.filter((packet: { stream_index: number }) => packet.stream_index === n);
  return {
    ...seen,
    times: n =>
      packets(n)
        .map(packet => Number(packet.pts_time))
        .sort((a, b) => a - b),
    dropped: n => packets(n).filter(packet => packet.flags?.includes('D')).length,
    packets: n => packets(n).map(packet => packet.data_hash!),
  };
};

/** Decodes to RGB24 with the judge, without our filters. `filters` end with the size wanted. */
export const judgePixels = (path: string, filters: string): Uint8Array =>
  execFileSync(
    judge.ffmpeg.path,
    ['-v', 'error', '-i', path, '-map', '0:v:0', '-vf', filters, ...everyFrame(judge), '-pix_fmt', 'rgb24', '-f', 'rawvideo', '-'],
    { maxBuffer: 1 << 28 },
  );

/** A folder of its own under another one. */
export const subfolder = (parent: string): string => mkdtempSync(join(parent, 'case-'));

export const collect = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
};

export type Decoded = { readonly info: MediaInfo; readonly frames: Frame[]; readonly warnings: string[] };

/** Probes and decodes a clip. */
export const decode = async (path: string, tools: Ffmpeg, options: Partial<DecodeOptions> = {}, probed?: MediaInfo): Promise<Decoded> => {
  const info = probed ?? (await probe(path, tools));
  const warnings: string[] = [];
  const size = { width: 64, height: 64 };
  const frames = await collect(decodeFrames(info, { ffmpeg: tools, ...size, warn: message => warnings.push(message), ...options }));
  return { info, frames, warnings };
};

/** Decodes a clip and encodes its frames again, as a run without any change would. */
export const reencode = async (
  path: string,
  output: string,
  tools: Ffmpeg,
  options: Partial<EncodeOptions> = {},
): Promise<Decoded & { encodeWarnings: string[] }> => {
  const decoded = await decode(path, tools, { range: options.range });
  const encodeWarnings: string[] = [];
  const encoder = await openEncoder(output, {
    ffmpeg: tools,
    source: decoded.info,
    times: decoded.frames.map(frame => frame.time),
    width: 64,
    height: 64,
    crf: 30,
    audio: true,
    overwrite: false,
    warn: message => encodeWarnings.push(message),
    ...options,
  });
  for (const frame of decoded.frames) await encoder.write(frame);
  await encoder.finish();
  return { ...decoded, encodeWarnings };
};
