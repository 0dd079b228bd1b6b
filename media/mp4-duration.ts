// Makes an mp4 or mov show its last frame: ffmpeg may write a picture track that ends where its last frame begins, and players then drop that frame.
// Boxes: ISO/IEC 14496-12; all numbers big-endian; version 1 of a box has 64-bit times.
import { type FileHandle, open } from 'node:fs/promises';

type Box = { readonly type: string; readonly start: number; readonly end: number };

/** The boxes in bytes `start`..`end`; `start` and `end` of each are those of its body. */
const boxes = (bytes: Buffer, start: number, end: number): Box[] => {
  const found: Box[] = [];
  for (let at = start; at + 8 <= end; ) {
    const short = bytes.readUInt32BE(at);
    const header = short === 1 ? 16 : 8;
    const size = short === 1 ? Number(bytes.readBigUInt64BE(at + 8)) : short || end - at;
    if (size < header || at + size > end) break;
    found.push({ type: bytes.toString('latin1', at + 4, at + 8), start: at + header, end: at + size });
    at += size;
  }
  return found;
};

const inside = (bytes: Buffer, box: Box | undefined, ...path: readonly string[]): Box | undefined => {
  for (const type of path) box = box && boxes(bytes, box.start, box.end).find(child => child.type === type);
  return box;
};

/** A duration in a box, at one of two places by version. */
const field = (bytes: Buffer, { start }: Box, short: number, long: number) => {
  const wide = bytes[start] === 1;
  return {
    get: () => (wide ? Number(bytes.readBigUInt64BE(start + long)) : bytes.readUInt32BE(start + short)),
    set: (value: number): void => {
      if (wide) bytes.writeBigUInt64BE(BigInt(value), start + long);
      else bytes.writeUInt32BE(value, start + short);
    },
  };
};

/** The ticks a second of an mvhd or mdhd. */
const scaleOf = (bytes: Buffer, { start }: Box): number => bytes.readUInt32BE(start + (bytes[start] === 1 ? 20 : 12));

/** Sum of the sample durations; a last one of no more than a tick becomes `last`. */
const sampleTime = (bytes: Buffer, { start }: Box, last: number): number => {
  const count = bytes.readUInt32BE(start + 4);
  let sum = 0;
  for (let i = 0; i < count; i++) {
    const at = start + 8 + 8 * i;
    if (i === count - 1 && bytes.readUInt32BE(at) === 1 && bytes.readUInt32BE(at + 4) <= 1) bytes.writeUInt32BE(last, at + 4);
    sum += bytes.readUInt32BE(at) * bytes.readUInt32BE(at + 4);
  }
  return sum;
};

/** Lengthens the picture track in a moov box (in place) to `shown` seconds, its last frame lasting `step` seconds. */
const lengthen = (moov: Buffer, shown: number, step: number): void => {
  const whole: Box = { type: 'moov', start: 8, end: moov.length };
  const tracks = boxes(moov, whole.start, whole.end).filter(box => box.type === 'trak');
  const track = tracks.find(trak => {
    const handler = inside(moov, trak, 'mdia', 'hdlr');
    return handler && moov.toString('latin1', handler.start + 8, handler.start + 12) === 'vide';
  });
  const mvhd = inside(moov, whole, 'mvhd');
  const tkhd = inside(moov, track, 'tkhd');
  const mdhd = inside(moov, track, 'mdia', 'mdhd');
  const stts = inside(moov, track, 'mdia', 'minf', 'stbl', 'stts');
  if (!mvhd || !tkhd || !mdhd || !stts) return;
  const raise = (place: ReturnType<typeof field>, value: number): void => place.set(Math.max(place.get(), value));
  raise(field(moov, mdhd, 16, 24), sampleTime(moov, stts, Math.max(1, Math.round(step * scaleOf(moov, mdhd)))));
  const segment = Math.ceil(shown * scaleOf(moov, mvhd) - 1e-6);
  let total = segment;
  const elst = inside(moov, track, 'edts', 'elst');
  if (elst) {
    const [count, wide] = [moov.readUInt32BE(elst.start + 4), moov[elst.start] === 1];
    const entries = Array.from({ length: count }, (_, i) => {
      const at = elst.start + 8 + i * (wide ? 20 : 12);
      return field(moov, elst, at - elst.start, at - elst.start);
    });
    if (entries.length > 0) raise(entries.at(-1)!, segment);
    total = entries.reduce((sum, entry) => sum + entry.get(), 0);
  }
  raise(field(moov, tkhd, 20, 28), total);
  raise(field(moov, mvhd, 16, 24), total);
};

/** The moov box of a file, header included, and where it stands. */
const findMoov = async (file: FileHandle): Promise<{ at: number; moov: Buffer } | undefined> => {
  const { size: end } = await file.stat();
  const header = Buffer.alloc(16);
  for (let at = 0; at + 8 <= end; ) {
    await file.read(header, 0, 16, at);
    const short = header.readUInt32BE(0);
    const size = short === 1 ? Number(header.readBigUInt64BE(8)) : short || end - at;
    if (size < 8) return undefined;
    if (header.toString('latin1', 4, 8) === 'moov') {
      const moov = Buffer.alloc(size);
      await file.read(moov, 0, size, at);
      return { at, moov };
    }
    at += size;
  }
  return undefined;
};

/**
 * Lets the first picture track of an mp4 or mov last until the end of its last frame; no byte is moved.
 * @param shown seconds from the first frame's begin to the last one's end
 * @param step seconds that the last frame is shown where the file does not say
 */
export const showLastFrame = async (path: string, shown: number, step: number): Promise<void> => {
  const file = await open(path, 'r+');
  try {
    const found = await findMoov(file);
    if (!found) return;
    lengthen(found.moov, shown, step);
    await file.write(found.moov, 0, found.moov.length, found.at);
  } finally {
    await file.close();
  }
};
