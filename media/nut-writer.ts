// Wraps raw frames in NUT for ffmpeg's stdin.
import { crc32 } from './crc32.ts';
import { FILE_ID, FLAG, START, type TimeBase } from './nut.ts';

const MAX_DISTANCE = 32767; // a syncpoint stands before every frame, as frames are longer than this
const PTS_SHIFT = 7; // times below 2^7 would be abbreviated; all are written in full, offset by 2^7

/** Big-endian groups of 7 bits, the high bit says that more follow. Works up to 2^53. */
const varint = (value: number): number[] => {
  const bytes = [value % 128];
  for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128)) bytes.unshift((rest % 128) | 0x80);
  return bytes;
};

const u32 = (value: number): number[] => [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
const u64 = (value: bigint): number[] => [...u32(Number(value >> 32n)), ...u32(Number(value & 0xffffffffn))];

/** Start code, length, body, checksum of the body. Bodies here are shorter than 4096 bytes, so the length needs no checksum of its own. */
const packet = (start: bigint, body: readonly number[]): number[] => [
  ...u64(start),
  ...varint(body.length + 4),
  ...body,
  ...u32(crc32(Uint8Array.from(body))),
];

/** The headers of a file with one RGB24 stream. `timeBase` in lowest terms. */
export const nutHeader = (width: number, height: number, timeBase: TimeBase): Uint8Array => {
  // one entry for all 255 codes: every frame carries its time, size and checksum itself
  const codes = [...varint(FLAG.key | FLAG.codedPts | FLAG.sizeMsb | FLAG.checksum), 6, 0, 1, 0, 0, 0, ...varint(255)];
  const main = [3, 1, ...varint(MAX_DISTANCE), 1, ...varint(timeBase.num), ...varint(timeBase.den), ...codes, 0];
  const fourcc = [4, 0x52, 0x47, 0x42, 24]; // 'RGB' 24
  const stream = [0, 0, ...fourcc, 0, PTS_SHIFT, ...varint(MAX_DISTANCE), 0, 0, 0, ...varint(width), ...varint(height), 1, 1, 0];
  return Uint8Array.from([...Buffer.from(FILE_ID, 'latin1'), ...packet(START.main, main), ...packet(START.stream, stream)]);
};

/** What stands before the pixels of a frame of `size` bytes shown at tick `pts` >= 0. */
export const nutFrameHeader = (pts: number, size: number): Uint8Array => {
  const frame = [0, ...varint(pts + 2 ** PTS_SHIFT), ...varint(size)];
  return Uint8Array.from([...packet(START.syncpoint, [...varint(pts), 0]), ...frame, ...u32(crc32(Uint8Array.from(frame)))]);
};
