// Whether a written container is closed: its outermost boxes, which are filled in at the very end, cover the file to its last byte.
import { type FileHandle, open } from 'node:fs/promises';

const read = async (file: FileHandle, at: number, length: number): Promise<Buffer> => {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, at);
  return buffer.subarray(0, bytesRead);
};

/** ISO/IEC 14496-12, 4.2: boxes of 32-bit sizes (1: a 64-bit size follows; 0: to the end) one behind the other; `moov` is the index. */
const mp4Closed = async (file: FileHandle, size: number): Promise<boolean> => {
  let index = false;
  let at = 0;
  while (at + 8 <= size) {
    const head = await read(file, at, 16);
    const short = head.readUInt32BE(0);
    const length = short === 1 && head.length === 16 ? Number(head.readBigUInt64BE(8)) : short || size - at;
    if (length < 8) return false;
    index ||= head.toString('latin1', 4, 8) === 'moov';
    at += length;
  }
  return index && at === size;
};

/** An EBML variable-length number at `at`: its value (-1: all ones, which means unknown) and its length in bytes. RFC 8794, 4. */
const vint = (bytes: Buffer, at: number): { value: number; length: number } => {
  const length = Math.clz32(bytes[at] ?? 0) - 23;
  let value = (bytes[at] ?? 0) & (0xff >> length);
  let ones = value === 0xff >> length;
  for (let i = 1; i < length; i++) {
    value = value * 256 + (bytes[at + i] ?? 0);
    ones &&= bytes[at + i] === 0xff;
  }
  return { value: ones ? -1 : value, length };
};

/** RFC 9559: an EBML head, then one Segment, whose size is unknown until the file is closed. */
const matroskaClosed = async (file: FileHandle, size: number): Promise<boolean> => {
  const bytes = await read(file, 0, 4096);
  const head = vint(bytes, 4);
  const segment = 4 + head.length + head.value;
  if (head.value < 0 || segment + 12 > bytes.length || bytes.readUInt32BE(segment) !== 0x18538067) return false;
  const body = vint(bytes, segment + 4);
  return body.value >= 0 && segment + 4 + body.length + body.value === size;
};

/** RIFF chunks of 32-bit sizes, one behind the other (large files: OpenDML, several RIFFs); an `idx1` or an OpenDML index is inside. */
const aviClosed = async (file: FileHandle, size: number): Promise<boolean> => {
  let at = 0;
  while (at + 8 <= size) {
    const head = await read(file, at, 8);
    if (head.toString('latin1', 0, 4) !== 'RIFF') return false;
    const length = head.readUInt32LE(4);
    if (length === 0) return false;
    at += 8 + length + (length % 2);
  }
  return at > 0 && at === size;
};

/** GIF89a ends in a byte of its own. */
const gifClosed = async (file: FileHandle, size: number): Promise<boolean> => size > 14 && (await read(file, size - 1, 1))[0] === 0x3b;

const CHECKS: Readonly<Record<string, (file: FileHandle, size: number) => Promise<boolean>>> = {
  mp4: mp4Closed,
  mov: mp4Closed,
  matroska: matroskaClosed,
  webm: matroskaClosed,
  avi: aviClosed,
  gif: gifClosed,
};

/** @param muxer ffmpeg's name of the container; one that is not known counts as closed */
export const isClosed = async (path: string, muxer: string): Promise<boolean> => {
  const check = Object.hasOwn(CHECKS, muxer) ? CHECKS[muxer] : undefined;
  if (!check) return true;
  const file = await open(path, 'r');
  try {
    return await check(file, (await file.stat()).size);
  } finally {
    await file.close();
  }
};
